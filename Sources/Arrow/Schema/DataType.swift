/// What the values of a field are.
///
/// - Spec: Arrow `Schema.fbs`. Only the layouts that the decoder produces are here.
public indirect enum DataType: Hashable, Sendable {
    case null
    case boolean
    /// - Range: `bitWidth` is 8, 16, 32 or 64.
    case integer(bitWidth: Int, isSigned: Bool)
    /// - Range: `bitWidth` is 16, 32 or 64.
    case floatingPoint(bitWidth: Int)
    /// - Range: `bitWidth` is 128 or 256.
    case decimal(bitWidth: Int, precision: Int, scale: Int)
    /// Days since 1970-01-01, 32 bits.
    case date32
    /// - Range: 32 bits for seconds and milliseconds, 64 for the finer units.
    case time(TimeUnit)
    /// 64 bits since 1970-01-01.
    case timestamp(TimeUnit, timeZone: String?)
    case utf8
    case binary
    case fixedSizeBinary(byteWidth: Int)
}

/// The resolution of a time or timestamp.
public enum TimeUnit: Hashable, Sendable {
    case second, millisecond, microsecond, nanosecond
}

extension DataType {
    /// Bits of one value in the data buffer; nil where values vary in size or have none.
    public var fixedBitWidth: Int? {
        switch self {
        case .null, .utf8, .binary: nil
        case .boolean: 1
        case .integer(let bitWidth, _), .floatingPoint(let bitWidth), .decimal(let bitWidth, _, _): bitWidth
        case .date32: 32
        case .time(let unit): unit == .second || unit == .millisecond ? 32 : 64
        case .timestamp: 64
        case .fixedSizeBinary(let byteWidth): byteWidth * 8
        }
    }
}
