/// Values as the pages of a file hold them.
///
/// - Spec: Parquet `Encodings.md`.
public enum Encodings {
    public static func plain(_ values: [UInt64], byteWidth: Int) -> [UInt8] {
        values.flatMap { $0.littleEndianBytes.prefix(byteWidth) }
    }

    public static func plain(_ texts: [[UInt8]]) -> [UInt8] {
        texts.flatMap { UInt32($0.count).littleEndianBytes + $0 }
    }

    /// Indices into a dictionary, all in one bit-packed run.
    public static func indices(_ values: [UInt64], width: Int) -> [UInt8] {
        [UInt8(width)] + Bits.packedRun(values, width: width)
    }

    /// Levels of a page of version 1: their length, then one bit-packed run.
    public static func levels(_ values: [UInt64], most: UInt64) -> [UInt8] {
        let run = Bits.packedRun(values, width: Bits.width(most))
        return UInt32(run.count).littleEndianBytes + run
    }

    /// DELTA_BINARY_PACKED: blocks of 128 values, miniblocks of 32.
    ///
    /// - Parameter bitWidth: 32 or 64, of the type; differences wrap around in it.
    public static func delta(_ values: [Int64], bitWidth: Int = 64) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in [128, 4, UInt64(values.count)] { Bits.appendVarint(number, to: &bytes) }
        appendZigzag(values.first ?? 0, to: &bytes)
        let deltas = zip(values.dropFirst(), values).map { next, previous in
            bitWidth == 32 ? Int64(Int32(truncatingIfNeeded: next &- previous)) : next &- previous
        }
        for start in stride(from: 0, to: deltas.count, by: 128) {
            appendBlock(deltas[start..<min(start + 128, deltas.count)], bitWidth, to: &bytes)
        }
        return bytes
    }

    private static func appendZigzag(_ value: Int64, to bytes: inout [UInt8]) {
        Bits.appendVarint(UInt64(bitPattern: value << 1 ^ value >> 63), to: &bytes)
    }

    private static func appendBlock(_ deltas: ArraySlice<Int64>, _ bitWidth: Int, to bytes: inout [UInt8]) {
        let least = deltas.min() ?? 0
        let mask = bitWidth == 32 ? UInt64(UInt32.max) : UInt64.max
        var excess = deltas.map { UInt64(bitPattern: $0 &- least) & mask }
        excess += Array(repeating: 0, count: 128 - excess.count)
        let miniblocks = stride(from: 0, to: 128, by: 32).map { excess[$0..<$0 + 32] }
        let widths = miniblocks.map { Bits.width($0.reduce(0, |)) }
        appendZigzag(least, to: &bytes)
        bytes += widths.map { UInt8($0) }
        for (miniblock, width) in zip(miniblocks, widths) { bytes += Bits.packed(miniblock, width: width) }
    }

    /// DELTA_LENGTH_BYTE_ARRAY.
    public static func deltaLength(_ texts: [[UInt8]]) -> [UInt8] {
        delta(texts.map { Int64($0.count) }, bitWidth: 32) + texts.joined()
    }

    /// DELTA_BYTE_ARRAY.
    public static func deltaText(_ texts: [[UInt8]]) -> [UInt8] {
        let prefixes = zip(texts, [[]] + texts).map { text, previous in zip(text, previous).prefix { $0 == $1 }.count }
        let suffixes = zip(texts, prefixes).map { Array($0.dropFirst($1)) }
        return delta(prefixes.map { Int64($0) }, bitWidth: 32) + deltaLength(suffixes)
    }

    /// BYTE_STREAM_SPLIT.
    public static func split(_ plain: [UInt8], byteWidth: Int) -> [UInt8] {
        (0..<byteWidth).flatMap { start in stride(from: start, to: plain.count, by: byteWidth).map { plain[$0] } }
    }
}
