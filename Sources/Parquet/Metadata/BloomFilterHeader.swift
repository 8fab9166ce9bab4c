/// What stands before the bits of a bloom filter.
///
/// - Spec: parquet.thrift, struct `BloomFilterHeader`; `BloomFilter.md`.
public struct BloomFilterHeader: Hashable, Sendable {
    /// Bytes of the bit set: whole blocks of 32.
    public var bitsByteCount: Int
    /// Bytes of the header itself.
    public var byteCount: Int

    /// Reads a header; nil for anything but split blocks, xxHash and no compression, the only ones there are.
    ///
    /// - Parameter bytes: begin with the header; more does no harm.
    public init?(parsing bytes: RawSpan) {
        do throws(ThriftError) {
            var reader = CompactReader(bytes)
            try self.init(parsing: &reader)
        } catch { return nil }
    }

    private init(parsing reader: inout CompactReader) throws(ThriftError) {
        var previous: Int16 = 0
        var bitsByteCount: Int32?
        var choices: [Int16: Int16] = [:]
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: bitsByteCount = try reader.readInt32(field)
            case 2...4: choices[field.id] = try Self.readChoice(&reader, field)
            default: try reader.skip(field)
            }
        }
        guard let bitsByteCount, bitsByteCount > 0, bitsByteCount % 32 == 0, choices == [2: 1, 3: 1, 4: 1] else {
            throw .malformed("an unknown kind of bloom filter")
        }
        self.bitsByteCount = Int(bitsByteCount)
        byteCount = reader.offset
    }

    /// The member of a union whose members are all empty.
    private static func readChoice(
        _ reader: inout CompactReader, _ head: CompactReader.Field
    ) throws(ThriftError) -> Int16 {
        try reader.requireStructure(head)
        var previous: Int16 = 0
        var choice: Int16 = 0
        while let field = try reader.readField(after: &previous) {
            choice = field.id
            try reader.skip(field)
        }
        return choice
    }
}
