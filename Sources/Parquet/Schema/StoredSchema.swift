import Arrow

/// The Arrow schema that some writers put among the key-value pairs of the footer.
///
/// - Spec: parquet.thrift, struct `KeyValue`, key `ARROW:schema`: an encapsulated IPC schema message in base64.
enum StoredSchema {
    private static let key = "ARROW:schema"

    /// The schema among the pairs of a list that begins where `start` stands.
    static func text(in start: CompactReader, _ list: CompactReader.Field) throws(ThriftError) -> String? {
        var reader = start
        var schema: String?
        for _ in 0..<(try reader.readStructureListCount(list)) {
            if let text = try text(ofPair: &reader) { schema = text }
        }
        return schema
    }

    /// The value of one pair if it is the schema.
    private static func text(ofPair reader: inout CompactReader) throws(ThriftError) -> String? {
        var previous: Int16 = 0
        var key: String?
        var value: String?
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: key = try reader.readString(field)
            case 2:
                // Only this one pair has to be text.
                if key == Self.key { value = try reader.readString(field) } else { try reader.skip(field) }
            default: try reader.skip(field)
            }
        }
        return value
    }
}

extension FileMetadata {
    /// One stored field for each top-level column; nil without a stored schema.
    ///
    /// - Throws: for a schema that cannot be read or has another number of fields or other names than the file.
    func storedFields() throws(ParquetError) -> [Field]? {
        guard let storedSchema else { return nil }
        guard let bytes = Base64.decode(storedSchema) else {
            throw .malformed("the stored Arrow schema is not base64", at: .file)
        }
        let fields: [Field]
        do throws(ArrowError) {
            fields = try MessageDecoder.schema(fromEncapsulated: bytes).fields
        } catch { throw .malformed("the stored Arrow schema: \(error)", at: .file) }
        guard fields.map(\.name) == columns.map(\.name) else {
            throw .malformed("the stored Arrow schema does not fit the Parquet schema", at: .file)
        }
        return fields
    }
}
