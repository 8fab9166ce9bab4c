/// How the minimum and maximum of a column were compared.
///
/// - Spec: parquet.thrift, union `ColumnOrder`.
public enum ColumnOrder: Hashable, Sendable {
    /// By the logical type, or the physical one without it.
    case typeDefined
    /// Floating point numbers by IEEE 754's total order, NaN included.
    case ieee754Total
    /// INT96 by the time that it stands for.
    case int96Timestamp
    /// Not known here: bounds of such a column say nothing.
    case unknown

    init(parsing reader: inout CompactReader) throws(ThriftError) {
        var previous: Int16 = 0
        self = .unknown
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: self = .typeDefined
            case 2: self = .ieee754Total
            case 3: self = .int96Timestamp
            default: self = .unknown
            }
            try reader.skip(field)
        }
    }
}
