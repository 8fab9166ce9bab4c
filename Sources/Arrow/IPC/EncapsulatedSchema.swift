extension MessageDecoder {
    private static let continuation = UInt32.max

    /// The schema in an encapsulated message, as Parquet files keep it in their key-value metadata.
    ///
    /// - Spec: Arrow columnar format, "Encapsulated message format": four bytes of ones, the metadata's length in 32 bits, the
    ///   metadata. Before version 0.15 the length came first. Bytes behind the metadata are not looked at.
    /// - Throws: `.malformed` also for a message of another kind.
    public static func schema(fromEncapsulated bytes: [UInt8]) throws(ArrowError) -> Schema {
        let whole = FlatBuffer(bytes)
        let start = whole.integer(at: 0, as: UInt32.self) == continuation ? 4 : 0
        guard let length = whole.integer(at: start, as: Int32.self) else {
            throw .malformed(table: "Message", field: "length", .missing)
        }
        guard length > 0 else { throw .malformed(table: "Message", field: "length", .badValue) }
        let metadata = bytes.dropFirst(start + 4)
        guard Int(length) <= metadata.count else { throw .malformed(table: "Message", field: "length", .outOfBounds) }
        let message = try MessageDecoder(Array(metadata.prefix(Int(length))))
        guard message.kind == .schema else { throw .malformed(table: "Message", field: "header_type", .badValue) }
        return try message.schema()
    }
}
