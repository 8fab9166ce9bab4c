extension Encoded {
    /// DELTA_BINARY_PACKED with the narrowest miniblocks, 64-bit sums wrapping around.
    package static func deltas(
        _ values: [Int64], blockSize: Int = 128, miniblockCount: Int = 4, is32Bit: Bool = false
    ) -> [UInt8] {
        var bytes =
            varint(UInt64(blockSize)) + varint(UInt64(miniblockCount)) + varint(UInt64(values.count))
            + zigzag(values.first ?? 0)
        let deltas = zip(values.dropFirst(), values).map { next, value in
            is32Bit ? Int64(Int32(truncatingIfNeeded: next) &- Int32(truncatingIfNeeded: value)) : next &- value
        }
        for start in stride(from: 0, to: deltas.count, by: blockSize) {
            let block = deltas[start..<min(start + blockSize, deltas.count)]
            let least = block.min() ?? 0
            let size = blockSize / miniblockCount
            var widths: [UInt8] = []
            var packed: [UInt8] = []
            for first in stride(from: start, to: start + blockSize, by: size) {
                // Miniblocks without values have a width all the same.
                let part = first < block.endIndex ? block[first..<min(first + size, block.endIndex)] : []
                let offsets = part.map { UInt64(bitPattern: $0 &- least) & (is32Bit ? UInt64(UInt32.max) : UInt64.max) }
                let width = offsets.reduce(0) { max($0, 64 - $1.leadingZeroBitCount) }
                widths.append(UInt8(width))
                guard !part.isEmpty else { continue }
                packed += bits(offsets + Array(repeating: 0, count: size - offsets.count), bitWidth: width)
            }
            bytes += zigzag(least) + widths + packed
        }
        return bytes
    }

    /// DELTA_LENGTH_BYTE_ARRAY.
    package static func deltaLengths(_ values: [[UInt8]]) -> [UInt8] {
        deltas(values.map { Int64($0.count) }, is32Bit: true) + values.flatMap(\.self)
    }

    /// DELTA_BYTE_ARRAY that shares all it can.
    package static func deltaStrings(_ values: [[UInt8]]) -> [UInt8] {
        let prefixes = values.indices.map { index in
            index == 0 ? 0 : zip(values[index - 1], values[index]).prefix { $0.0 == $0.1 }.count
        }
        let suffixes = zip(values, prefixes).map { Array($0.dropFirst($1)) }
        return deltas(prefixes.map(Int64.init), is32Bit: true) + deltaLengths(suffixes)
    }

    /// BYTE_STREAM_SPLIT of values that lie one after another.
    package static func split(_ values: [UInt8], byteWidth: Int) -> [UInt8] {
        (0..<byteWidth).flatMap { stream in
            stride(from: stream, to: values.count, by: byteWidth).map { values[$0] }
        }
    }

    /// A signed integer as a varint.
    package static func zigzag(_ value: Int64) -> [UInt8] { varint(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    /// Integers one after another, the lowest bit first.
    package static func bits(_ values: [UInt64], bitWidth: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (values.count * bitWidth + 7) / 8)
        for (index, value) in values.enumerated() {
            for bit in 0..<bitWidth where value >> UInt64(bit) & 1 == 1 {
                let position = index * bitWidth + bit
                bytes[position / 8] |= 1 << (position % 8)
            }
        }
        return bytes
    }
}
