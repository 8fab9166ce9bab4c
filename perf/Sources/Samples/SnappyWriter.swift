/// Snappy blocks by the usual greedy search: one table of places by a hash of 4 bytes, anew for every 64 KiB.
///
/// - Spec: snappy's format_description.txt.
enum SnappyWriter {
    private static let fragmentByteCount = 1 << 16
    private static let tableBitCount = 14

    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        var target: [UInt8] = []
        Bits.appendVarint(UInt64(bytes.count), to: &target)
        for start in stride(from: 0, to: bytes.count, by: fragmentByteCount) {
            append(bytes[start..<min(start + fragmentByteCount, bytes.count)], to: &target)
        }
        return target
    }

    private static func append(_ bytes: ArraySlice<UInt8>, to target: inout [UInt8]) {
        var places = Array(repeating: bytes.startIndex, count: 1 << tableBitCount)
        var next = bytes.startIndex + 1
        var literal = bytes.startIndex
        var misses = 32
        while next + 4 <= bytes.endIndex {
            let slot = Int((word(bytes, next) &* 0x1e35_a7bd) >> UInt32(32 - tableBitCount))
            let candidate = places[slot]
            places[slot] = next
            guard candidate < next, word(bytes, candidate) == word(bytes, next) else {
                // The longer nothing is found, the less is looked at.
                next += misses / 32
                misses += 1
                continue
            }
            appendLiteral(bytes[literal..<next], to: &target)
            var end = next + 4
            while end < bytes.endIndex, bytes[end] == bytes[candidate + end - next] { end += 1 }
            appendCopy(offset: next - candidate, count: end - next, to: &target)
            (literal, next, misses) = (end, end, 32)
        }
        appendLiteral(bytes[literal...], to: &target)
    }

    private static func word(_ bytes: ArraySlice<UInt8>, _ at: Int) -> UInt32 {
        UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24
    }

    private static func appendLiteral(_ bytes: ArraySlice<UInt8>, to target: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let count = bytes.count - 1
        switch count {
        case ..<60: target.append(UInt8(count) << 2)
        case ..<256: target += [60 << 2, UInt8(count)]
        default: target += [61 << 2, UInt8(count & 0xff), UInt8(count >> 8)]
        }
        target += bytes
    }

    private static func appendCopy(offset: Int, count: Int, to target: inout [UInt8]) {
        var left = count
        while left > 0 {
            let part = left > 64 ? min(left - 4, 64) : left
            if part >= 4, part < 12, offset < 2048 {
                target += [UInt8(offset >> 8) << 5 | UInt8(part - 4) << 2 | 1, UInt8(offset & 0xff)]
            } else {
                target += [UInt8(part - 1) << 2 | 2, UInt8(offset & 0xff), UInt8(offset >> 8)]
            }
            left -= part
        }
    }
}
