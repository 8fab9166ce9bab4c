/// How values are stored.
///
/// - Spec: parquet.thrift, enum `Type`.
enum PhysicalType: Int32, Sendable {
    case boolean, int32, int64, int96, float, double, byteArray, fixedLengthByteArray

    /// Bytes of one PLAIN value; nil where that varies or is stated in the schema.
    var byteWidth: Int? {
        switch self {
        case .boolean, .byteArray, .fixedLengthByteArray: nil
        case .int32, .float: 4
        case .int64, .double: 8
        case .int96: 12
        }
    }

    /// The name in the specification.
    var name: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .int32: "INT32"
        case .int64: "INT64"
        case .int96: "INT96"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .byteArray: "BYTE_ARRAY"
        case .fixedLengthByteArray: "FIXED_LEN_BYTE_ARRAY"
        }
    }
}
