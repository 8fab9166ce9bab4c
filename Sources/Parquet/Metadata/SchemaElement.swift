/// One node of the schema, as it stands in the file metadata.
///
/// - Spec: parquet.thrift, struct `SchemaElement`.
struct SchemaElement: Sendable {
    enum Repetition: Int32, Sendable {
        case required, optional, repeated
    }

    var name: String
    var physicalType: PhysicalType?
    var typeLength: Int32 = 0
    var repetition: Repetition?
    var childCount = 0
    var fieldID: Int32?
    var logicalType: LogicalType?

    /// Whether it has children instead of values; a group may have none.
    var isGroup: Bool { childCount > 0 || physicalType == nil }

    init(parsing reader: inout CompactReader) throws(ThriftError) {
        var previous: Int16 = 0
        var name: String?
        var convertedType: Int32?
        var scale: Int32 = 0
        var precision: Int32 = 0
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1:
                let number = try reader.readInt32(field)
                guard let type = PhysicalType(rawValue: number) else {
                    throw .malformed("unknown physical type \(number)")
                }
                physicalType = type
            case 2: typeLength = try reader.readInt32(field)
            case 3:
                guard let value = Repetition(rawValue: try reader.readInt32(field)) else {
                    throw .malformed("unknown repetition type")
                }
                repetition = value
            case 4: name = try reader.readString(field)
            case 5:
                let count = try reader.readInt32(field)
                guard count >= 0 else { throw .malformed("a schema element has a negative number of children") }
                childCount = Int(count)
            case 6: convertedType = try reader.readInt32(field)
            case 7: scale = try reader.readInt32(field)
            case 8: precision = try reader.readInt32(field)
            case 9: fieldID = try reader.readInt32(field)
            case 10:
                try reader.requireStructure(field)
                logicalType = try LogicalType(parsing: &reader)
            default: try reader.skip(field)
            }
        }
        guard let name else { throw .malformed("a schema element has no name") }
        self.name = name
        if logicalType == nil, let convertedType {
            logicalType = try LogicalType(convertedType: convertedType, precision: precision, scale: scale)
        }
    }
}
