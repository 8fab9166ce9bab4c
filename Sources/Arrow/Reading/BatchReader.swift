import Bytes

/// The columns of one batch, for whoever looks at single values.
public struct BatchReader {
    public let rowCount: Int
    public let columns: [ColumnReader]

    /// - Parameter dictionaries: those that were in force when the batch came; without them the values of dictionary-typed
    ///   columns cannot be looked at.
    /// - Throws: `.malformed` when the batch does not fit the schema, `.malformedBuffer` for a buffer that is too short.
    /// - Cost: copies nothing; a compressed batch is decompressed whole.
    public init(
        _ batch: RecordBatch, compression: BodyCodec?, schema: Schema, dictionaries: Dictionaries? = nil
    ) throws(ArrowError) {
        var arrays = BodyArrays(batch, compression: compression, dictionaries: dictionaries, firstOrdinal: 0)
        var columns: [ColumnReader] = []
        for field in schema.fields {
            let column = try arrays.next(field)
            guard column.rowCount == batch.rowCount else {
                throw .malformed(table: "FieldNode", field: "length", .badValue)
            }
            columns.append(column)
        }
        try arrays.finish()
        rowCount = batch.rowCount
        self.columns = columns
    }
}
