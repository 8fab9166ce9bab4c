import Arrow

/// The Arrow type that a leaf is read as, and the way from stored to sent values.
///
/// - Shape: the mapping of types is that of arrow-rs without a stored Arrow schema.
struct PrimitiveMapping {
    var type: DataType
    var values: LeafValues

    init(_ type: DataType, _ values: LeafValues) {
        self.type = type
        self.values = values
    }

    /// - Throws: for a logical type that does not fit the physical one or that cannot be read.
    init(
        _ element: SchemaElement, _ physicalType: PhysicalType, _ place: ParquetError.Place
    ) throws(ParquetError) {
        self = try Self.map(element, physicalType, place)
    }

    private static func map(
        _ element: SchemaElement, _ physicalType: PhysicalType, _ place: ParquetError.Place
    ) throws(ParquetError) -> PrimitiveMapping {
        if element.logicalType == .unknown { return PrimitiveMapping(.null, .null) }
        let mapping: PrimitiveMapping? =
            switch physicalType {
            case .boolean: plainOnly(element, PrimitiveMapping(.boolean, .boolean))
            case .int32: try int32(element, place)
            case .int64: try int64(element, place)
            case .int96:
                plainOnly(
                    element, PrimitiveMapping(.timestamp(.nanosecond, timeZone: nil), .fixedWidth(.int96(.nanosecond))))
            case .float:
                plainOnly(
                    element, PrimitiveMapping(.floatingPoint(bitWidth: 32), .fixedWidth(.copy(byteWidth: 4))))
            case .double:
                plainOnly(
                    element, PrimitiveMapping(.floatingPoint(bitWidth: 64), .fixedWidth(.copy(byteWidth: 8))))
            case .byteArray: try byteArray(element, place)
            case .fixedLengthByteArray: try fixedLengthByteArray(element, place)
            }
        guard let mapping else {
            throw .malformed("the logical type does not fit the physical type \(physicalType.name)", at: place)
        }
        return mapping
    }

    private static func plainOnly(_ element: SchemaElement, _ mapping: PrimitiveMapping) -> PrimitiveMapping? {
        element.logicalType == nil || element.logicalType == .other ? mapping : nil
    }

    private static func int32(
        _ element: SchemaElement, _ place: ParquetError.Place
    ) throws(ParquetError) -> PrimitiveMapping? {
        let copy = LeafValues.fixedWidth(.copy(byteWidth: 4))
        switch element.logicalType {
        case nil, .other: return PrimitiveMapping(.integer(bitWidth: 32, isSigned: true), copy)
        case .integer(8, let isSigned):
            return PrimitiveMapping(.integer(bitWidth: 8, isSigned: isSigned), .fixedWidth(.narrow32To8))
        case .integer(16, let isSigned):
            return PrimitiveMapping(.integer(bitWidth: 16, isSigned: isSigned), .fixedWidth(.narrow32To16))
        case .integer(32, let isSigned): return PrimitiveMapping(.integer(bitWidth: 32, isSigned: isSigned), copy)
        case .date: return PrimitiveMapping(.date32, copy)
        case .time(.millisecond): return PrimitiveMapping(.time(.millisecond), copy)
        case .decimal(let precision, let scale):
            return PrimitiveMapping(
                try decimal(128, precision, scale, largestPrecision: 9, place), .fixedWidth(.widen32To128))
        default: return nil
        }
    }

    private static func int64(
        _ element: SchemaElement, _ place: ParquetError.Place
    ) throws(ParquetError) -> PrimitiveMapping? {
        let copy = LeafValues.fixedWidth(.copy(byteWidth: 8))
        switch element.logicalType {
        case nil, .other: return PrimitiveMapping(.integer(bitWidth: 64, isSigned: true), copy)
        case .integer(64, let isSigned): return PrimitiveMapping(.integer(bitWidth: 64, isSigned: isSigned), copy)
        case .time(let unit) where unit != .millisecond: return PrimitiveMapping(.time(unit), copy)
        case .timestamp(let unit, let isAdjustedToUTC):
            return PrimitiveMapping(.timestamp(unit, timeZone: isAdjustedToUTC ? "UTC" : nil), copy)
        case .decimal(let precision, let scale):
            return PrimitiveMapping(
                try decimal(128, precision, scale, largestPrecision: 18, place), .fixedWidth(.widen64To128))
        default: return nil
        }
    }

    private static func byteArray(
        _ element: SchemaElement, _ place: ParquetError.Place
    ) throws(ParquetError) -> PrimitiveMapping? {
        switch element.logicalType {
        case nil, .other, .enumeration, .bson:
            return PrimitiveMapping(.binary, .byteArray(ByteArrayForm(isUTF8: false)))
        case .string, .json: return PrimitiveMapping(.utf8, .byteArray(ByteArrayForm(isUTF8: true)))
        case .decimal(let precision, let scale):
            let width = precision <= 38 ? 128 : 256
            return PrimitiveMapping(
                try decimal(width, precision, scale, largestPrecision: 76, place),
                .fixedWidth(.variableBigEndian(targetByteWidth: width / 8))
            )
        default: return nil
        }
    }

    private static func fixedLengthByteArray(
        _ element: SchemaElement, _ place: ParquetError.Place
    ) throws(ParquetError) -> PrimitiveMapping? {
        guard element.typeLength > 0 else {
            throw .malformed("the length of FIXED_LEN_BYTE_ARRAY is \(element.typeLength)", at: place)
        }
        let length = Int(element.typeLength)
        switch element.logicalType {
        case nil, .other:
            return PrimitiveMapping(.fixedSizeBinary(byteWidth: length), .fixedWidth(.copy(byteWidth: length)))
        case .uuid:
            guard length == 16 else { return nil }
            return PrimitiveMapping(.fixedSizeBinary(byteWidth: 16), .fixedWidth(.copy(byteWidth: 16)))
        case .float16:
            guard length == 2 else { return nil }
            return PrimitiveMapping(.floatingPoint(bitWidth: 16), .fixedWidth(.copy(byteWidth: 2)))
        case .interval:
            guard length == 12 else { return nil }
            // Days and milliseconds; arrow-rs drops the months too.
            return PrimitiveMapping(
                .interval(.dayTime), .fixedWidth(.part(byteWidth: 12, offset: 4, count: 8)))
        case .decimal(let precision, let scale):
            guard length <= 32 else { throw .malformed("a DECIMAL of \(length) bytes", at: place) }
            let width = length <= 16 ? 128 : 256
            return PrimitiveMapping(
                try decimal(width, precision, scale, largestPrecision: width == 128 ? 38 : 76, place),
                .fixedWidth(.bigEndian(byteWidth: length, targetByteWidth: width / 8))
            )
        default: return nil
        }
    }

    static func decimal(
        _ bitWidth: Int, _ precision: Int32, _ scale: Int32, largestPrecision: Int32, _ place: ParquetError.Place
    ) throws(ParquetError) -> DataType {
        guard precision >= 1, precision <= largestPrecision else {
            throw .malformed("a DECIMAL with precision \(precision)", at: place)
        }
        guard scale >= 0, scale <= precision else { throw .malformed("a DECIMAL with scale \(scale)", at: place) }
        return .decimal(bitWidth: bitWidth, precision: Int(precision), scale: Int(scale))
    }
}
