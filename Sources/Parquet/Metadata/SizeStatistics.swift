/// How large the values of a column chunk are without encoding, and how often each level occurs.
///
/// - Spec: parquet.thrift, struct `SizeStatistics`. Writers get them wrong; a scan does not depend on them.
public struct SizeStatistics: Hashable, Sendable {
    /// Bytes of BYTE_ARRAY values without their lengths.
    public var byteArrayByteCount: Int64?
    /// How often each level occurs, beginning with level 0; empty when not stated.
    public var repetitionLevelHistogram: [Int64] = []
    public var definitionLevelHistogram: [Int64] = []

    init(parsing reader: inout CompactReader) throws(ThriftError) {
        var previous: Int16 = 0
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: byteArrayByteCount = try reader.readInt64(field)
            case 2: repetitionLevelHistogram = try reader.readInt64List(field)
            case 3: definitionLevelHistogram = try reader.readInt64List(field)
            default: try reader.skip(field)
            }
        }
    }
}
