/// Where the pages of one leaf column in one row group lie, and how they are packed.
///
/// - Spec: parquet.thrift, structs `ColumnChunk` and `ColumnMetaData`.
public struct ColumnChunk: Sendable {
    /// Deprecated in the format; a writer's value, not checked.
    public var fileOffset: Int64 = 0
    /// Bytes of the pages in the file, headers included.
    public var totalCompressedByteCount: Int64 = 0
    /// Bytes of the pages before compression, headers included.
    public var totalUncompressedByteCount: Int64 = 0
    /// Values, nulls included.
    public var valueCount: Int64 = 0
    var dataPageOffset: Int64 = 0
    /// 0 when there is none.
    var dictionaryPageOffset: Int64 = 0
    var physicalType: Int32 = -1
    var codec: Int32 = -1
    var isEncrypted = false
    var hasMetadata = false

    init(parsing reader: inout CompactReader) throws(ThriftError) {
        var previous: Int16 = 0
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 2: fileOffset = try reader.readInt64(field)
            case 3:
                try reader.requireStructure(field)
                try readMetadata(&reader)
            case 8, 9:
                isEncrypted = true
                try reader.skip(field)
            default: try reader.skip(field)
            }
        }
    }

    private mutating func readMetadata(_ reader: inout CompactReader) throws(ThriftError) {
        var previous: Int16 = 0
        hasMetadata = true
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: physicalType = try reader.readInt32(field)
            case 4: codec = try reader.readInt32(field)
            case 5: valueCount = try reader.readInt64(field)
            case 6: totalUncompressedByteCount = try reader.readInt64(field)
            case 7: totalCompressedByteCount = try reader.readInt64(field)
            case 9: dataPageOffset = try reader.readInt64(field)
            case 11: dictionaryPageOffset = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
    }
}
