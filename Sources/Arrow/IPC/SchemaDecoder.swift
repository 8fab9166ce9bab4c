/// Reads the tables of one schema that came from outside.
///
/// - Spec: Arrow `Schema.fbs`.
/// - Throws: `.malformed` with the table and the field; `.unsupported` with the first column whose type is not known here.
enum SchemaDecoder {
    /// Fields may be nested so deep; a field of the schema itself is at level 1.
    static let levelLimit = 64

    static func decode(_ table: FlatBufferTable) throws(ArrowError) -> Schema {
        guard try table.integer(0, "endianness", default: Int16(0)) == 0 else { throw .unsupported("big-endian data") }
        var fields: [Field] = []
        for field in try table.tables(1, "fields", of: "Field") { fields.append(try self.field(field, level: 1)) }
        return Schema(fields: fields, metadata: try keyValues(table, 2))
    }

    private static func field(_ table: FlatBufferTable, level: Int) throws(ArrowError) -> Field {
        // Checked before anything inside is read, so that the stack stays short whatever the bytes say.
        guard level <= levelLimit else { throw table.malformed("children", .tooLarge) }
        let name = try table.string(0, "name") ?? ""
        let encoding = try table.table(4, "dictionary", "DictionaryEncoding")
        var children: [Field] = []
        for child in try table.tables(5, "children", of: "Field") {
            children.append(try field(child, level: level + 1))
        }
        var type = try FieldType(field: table, column: name, children: children).decode()
        if let encoding { type = try dictionary(encoding, value: type) }
        return Field(
            name: name, type: type, isNullable: try table.bool(1, "nullable"), metadata: try keyValues(table, 6))
    }

    private static func dictionary(_ encoding: FlatBufferTable, value: DataType) throws(ArrowError) -> DataType {
        let kind = try encoding.integer(3, "dictionaryKind", default: DictionaryKind.denseArray.rawValue)
        guard DictionaryKind(rawValue: kind) != nil else { throw encoding.malformed("dictionaryKind", .badValue) }
        // An absent index type stands for signed integers of 32 bits.
        let index = try encoding.table(1, "indexType", "Int")
        return .dictionary(
            indexBitWidth: try index?.bitWidth(0, [8, 16, 32, 64]) ?? 32,
            isSigned: try index?.bool(1, "is_signed") ?? true, value: value,
            isOrdered: try encoding.bool(2, "isOrdered"))
    }

    private static func keyValues(_ table: FlatBufferTable, _ slot: Int) throws(ArrowError) -> [KeyValue] {
        var keyValues: [KeyValue] = []
        for entry in try table.tables(slot, "custom_metadata", of: "KeyValue") {
            keyValues.append(
                KeyValue(key: try entry.string(0, "key") ?? "", value: try entry.string(1, "value") ?? ""))
        }
        return keyValues
    }

    // MARK: Ids

    /// The ids of all dictionaries, a field's own before those inside its values; types do not matter.
    static func dictionaryIDs(_ table: FlatBufferTable) throws(ArrowError) -> [Int] {
        var ids: [Int] = []
        for field in try table.tables(1, "fields", of: "Field") { try collectIDs(field, level: 1, into: &ids) }
        return ids
    }

    private static func collectIDs(
        _ field: FlatBufferTable, level: Int, into ids: inout [Int]
    ) throws(ArrowError) {
        guard level <= levelLimit else { throw field.malformed("children", .tooLarge) }
        if let encoding = try field.table(4, "dictionary", "DictionaryEncoding") {
            ids.append(Int(try encoding.integer(0, "id", default: Int64(0))))
        }
        for child in try field.tables(5, "children", of: "Field") {
            try collectIDs(child, level: level + 1, into: &ids)
        }
    }
}

extension FlatBufferTable {
    /// A number of bits, which must be one of those allowed.
    func bitWidth(_ slot: Int, _ allowed: [Int32], default standard: Int32 = 0) throws(ArrowError) -> Int {
        let bitWidth = try integer(slot, "bitWidth", default: standard)
        guard allowed.contains(bitWidth) else { throw malformed("bitWidth", .badValue) }
        return Int(bitWidth)
    }
}
