import Arrow

/// What values mean.
///
/// - Spec: parquet.thrift, union `LogicalType`, and enum `ConvertedType`, which older writers use alone.
enum LogicalType: Hashable, Sendable {
    case string, map, list, enumeration, date, unknown, json, bson, uuid, float16, interval
    case decimal(precision: Int32, scale: Int32)
    case time(TimeUnit)
    case timestamp(TimeUnit, isAdjustedToUTC: Bool)
    case integer(bitWidth: Int8, isSigned: Bool)
    /// GEOMETRY, GEOGRAPHY, VARIANT and what is not known: read as the physical type.
    case other

    init(parsing reader: inout CompactReader) throws(ThriftError) {
        var previous: Int16 = 0
        var result = LogicalType.other
        while let field = try reader.readField(after: &previous) {
            try reader.requireStructure(field)
            switch field.id {
            case 5: result = try Self.readDecimal(&reader)
            case 7: result = try Self.readTime(&reader, isTimestamp: false)
            case 8: result = try Self.readTime(&reader, isTimestamp: true)
            case 10: result = try Self.readInteger(&reader)
            default:
                result = Self.plain[field.id] ?? .other
                try reader.skip(field)
            }
        }
        self = result
    }

    /// Members of the union without anything inside.
    private static let plain: [Int16: LogicalType] = [
        1: .string, 2: .map, 3: .list, 4: .enumeration, 6: .date, 11: .unknown, 12: .json, 13: .bson, 14: .uuid,
        15: .float16,
    ]

    /// - Throws: for a number that is not in the enum.
    init(convertedType: Int32, precision: Int32, scale: Int32) throws(ThriftError) {
        switch convertedType {
        case 0: self = .string
        case 1, 2: self = .map
        case 3: self = .list
        case 4: self = .enumeration
        case 5: self = .decimal(precision: precision, scale: scale)
        case 6: self = .date
        case 7: self = .time(.millisecond)
        case 8: self = .time(.microsecond)
        case 9: self = .timestamp(.millisecond, isAdjustedToUTC: true)
        case 10: self = .timestamp(.microsecond, isAdjustedToUTC: true)
        case 11...14: self = .integer(bitWidth: 8 << Int8(convertedType - 11), isSigned: false)
        case 15...18: self = .integer(bitWidth: 8 << Int8(convertedType - 15), isSigned: true)
        case 19: self = .json
        case 20: self = .bson
        case 21: self = .interval
        default: throw .malformed("unknown converted type \(convertedType)")
        }
    }

    private static func readDecimal(_ reader: inout CompactReader) throws(ThriftError) -> LogicalType {
        var previous: Int16 = 0
        var scale: Int32?
        var precision: Int32?
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: scale = try reader.readInt32(field)
            case 2: precision = try reader.readInt32(field)
            default: try reader.skip(field)
            }
        }
        guard let scale, let precision else { throw .malformed("a DECIMAL type lacks precision or scale") }
        return .decimal(precision: precision, scale: scale)
    }

    private static func readTime(
        _ reader: inout CompactReader, isTimestamp: Bool
    ) throws(ThriftError) -> LogicalType {
        var previous: Int16 = 0
        var isAdjustedToUTC: Bool?
        var unit: TimeUnit?
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: isAdjustedToUTC = try reader.boolean(field)
            case 2:
                try reader.requireStructure(field)
                unit = try readUnit(&reader)
            default: try reader.skip(field)
            }
        }
        guard let isAdjustedToUTC, let unit else { throw .malformed("a TIME or TIMESTAMP type lacks its unit or zone") }
        return isTimestamp ? .timestamp(unit, isAdjustedToUTC: isAdjustedToUTC) : .time(unit)
    }

    private static func readUnit(_ reader: inout CompactReader) throws(ThriftError) -> TimeUnit? {
        var previous: Int16 = 0
        var unit: TimeUnit?
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: unit = .millisecond
            case 2: unit = .microsecond
            case 3: unit = .nanosecond
            default: unit = nil
            }
            try reader.skip(field)
        }
        return unit
    }

    private static func readInteger(_ reader: inout CompactReader) throws(ThriftError) -> LogicalType {
        var previous: Int16 = 0
        var bitWidth: Int8?
        var isSigned: Bool?
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: bitWidth = try reader.readInt8(field)
            case 2: isSigned = try reader.boolean(field)
            default: try reader.skip(field)
            }
        }
        guard let bitWidth, let isSigned else { throw .malformed("an INT type lacks width or sign") }
        return .integer(bitWidth: bitWidth, isSigned: isSigned)
    }
}
