/// A horizontal part of the file.
///
/// - Spec: parquet.thrift, struct `RowGroup`.
public struct RowGroup: Sendable {
    /// Rows; every flat column has as many values.
    public let rowCount: Int
    /// One for each leaf of the schema, in its order.
    public let columns: [ColumnChunk]

    /// - Parameter leafCount: how many column chunks there must be.
    init(parsing reader: inout CompactReader, leafCount: Int, readsStatistics: Bool) throws(ThriftError) {
        var previous: Int16 = 0
        var columns: [ColumnChunk]?
        var rowCount: Int64?
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1:
                let count = try reader.readStructureListCount(field)
                guard count == leafCount else {
                    throw .malformed("a row group has \(count) column chunks for \(leafCount) leaf columns")
                }
                var chunks: [ColumnChunk] = []
                chunks.reserveCapacity(count)
                for _ in 0..<count {
                    chunks.append(try ColumnChunk(parsing: &reader, readsStatistics: readsStatistics))
                }
                columns = chunks
            case 3: rowCount = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
        guard let columns, let rowCount else { throw .malformed("a row group lacks its columns or its row count") }
        guard rowCount >= 0 else { throw .malformed("a row group has a negative row count") }
        self.columns = columns
        self.rowCount = Int(rowCount)
    }
}
