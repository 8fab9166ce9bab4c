public import Bytes

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
    /// Where the ``OffsetIndex`` lies; nil where there is none.
    public private(set) var offsetIndex: ByteRange?
    /// Where the ``ColumnIndex`` lies; nil where there is none.
    public private(set) var columnIndex: ByteRange?
    /// Where the ``BloomFilterHeader`` begins; nil where there is none.
    public private(set) var bloomFilterOffset: UInt64?
    /// Bytes of header and bits; nil for writers that do not say.
    public private(set) var bloomFilterByteCount: UInt64?
    public private(set) var statistics: Statistics?
    public private(set) var sizeStatistics: SizeStatistics?

    /// - Parameter readsStatistics: whether ``statistics`` and ``sizeStatistics`` are wanted; a scan passes over them.
    init(parsing reader: inout CompactReader, readsStatistics: Bool) throws(ThriftError) {
        var previous: Int16 = 0
        var index = IndexPlaces()
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 2: fileOffset = try reader.readInt64(field)
            case 3:
                try reader.requireStructure(field)
                try readMetadata(&reader, readsStatistics)
            case 4 where field.type == .int64: index.offsetIndexOffset = try reader.readInt64(field)
            case 5 where field.type == .int32: index.offsetIndexByteCount = try reader.readInt32(field)
            case 6 where field.type == .int64: index.columnIndexOffset = try reader.readInt64(field)
            case 7 where field.type == .int32: index.columnIndexByteCount = try reader.readInt32(field)
            case 8, 9:
                isEncrypted = true
                try reader.skip(field)
            default: try reader.skip(field)
            }
        }
        offsetIndex = Self.range(index.offsetIndexOffset, index.offsetIndexByteCount)
        columnIndex = Self.range(index.columnIndexOffset, index.columnIndexByteCount)
    }

    /// Unchecked places of the page index.
    private struct IndexPlaces {
        var offsetIndexOffset: Int64 = 0
        var offsetIndexByteCount: Int32 = 0
        var columnIndexOffset: Int64 = 0
        var columnIndexByteCount: Int32 = 0
    }

    /// A range that makes sense; whether it lies in the file is for whoever fetches it.
    private static func range(_ offset: Int64, _ byteCount: Int32) -> ByteRange? {
        guard offset > 0, byteCount > 0 else { return nil }
        return ByteRange(offset: UInt64(offset), count: UInt64(byteCount))
    }

    private mutating func readMetadata(
        _ reader: inout CompactReader, _ readsStatistics: Bool
    ) throws(ThriftError) {
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
            case 12 where readsStatistics && field.type == .structure:
                statistics = try Statistics(parsing: &reader)
            // Some writers use the numbers of later fields for things of their own.
            case 14 where field.type == .int64: bloomFilterOffset = UInt64(exactly: try reader.readInt64(field))
            case 15 where field.type == .int32: bloomFilterByteCount = UInt64(exactly: try reader.readInt32(field))
            case 16 where readsStatistics && field.type == .structure:
                sizeStatistics = try SizeStatistics(parsing: &reader)
            default: try reader.skip(field)
            }
        }
    }
}
