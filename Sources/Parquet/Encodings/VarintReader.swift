import Bytes

/// Reads variable-length integers out of a page.
///
/// - Spec: Parquet `Encodings.md`: unsigned LEB128, signed ones zigzag-encoded first.
struct VarintReader {
    private let bytes: Slice
    private(set) var offset: Int

    init(_ bytes: Slice, offset: Int = 0) {
        precondition((0...bytes.count).contains(offset))
        self.bytes = bytes
        self.offset = offset
    }

    /// - Throws: at the end of the bytes and for more than 64 bits.
    mutating func read() throws(Defect) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < bytes.count else { throw Defect("an integer ends early") }
            let byte = unsafe bytes.base.load(fromByteOffset: offset, as: UInt8.self)
            offset += 1
            guard shift < 63 || byte <= 1 else { throw Defect("an integer has more than 64 bits") }
            result |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
    }

    /// As the bits of a signed integer.
    mutating func readZigzag() throws(Defect) -> UInt64 {
        let value = try read()
        return value >> 1 ^ (0 &- (value & 1))
    }
}
