import Arrow

/// How a flat top-level column is read: its Arrow field and the way from stored to sent values.
///
/// - Shape: the mapping of types is that of arrow-rs without a stored Arrow schema.
struct FlatColumn: Sendable {
    /// What a value of the column becomes.
    enum Values: Hashable, Sendable {
        case null
        case boolean
        case fixedWidth(FixedConversion)
        case byteArray(isUTF8: Bool)
    }

    let field: Field
    let leaf: Int
    let isOptional: Bool
    let physicalType: PhysicalType
    let values: Values

    init(_ column: TopLevelColumn, in schema: SchemaTree) throws(ParquetError) {
        let element = schema.elements[column.elementIndex]
        let place = ParquetError.Place(column: element.name)
        guard element.childCount == 0 else { throw .unsupported("nested column", at: place) }
        guard let physicalType = element.physicalType else {
            throw .unsupported("a group without children", at: place)
        }
        guard element.repetition != .repeated else { throw .unsupported("repeated column", at: place) }
        guard let repetition = element.repetition else { throw .malformed("the repetition type is missing", at: place) }
        let (type, values) = try Self.map(element, physicalType, place)
        let metadata = element.fieldID.map { [KeyValue(key: "PARQUET:field_id", value: String($0))] } ?? []
        self.field = Field(
            name: element.name, type: type, isNullable: repetition == .optional, metadata: metadata)
        self.leaf = column.leaves.lowerBound
        self.isOptional = repetition == .optional
        self.physicalType = physicalType
        self.values = values
    }

    private typealias Mapping = (DataType, Values)

    private static func map(
        _ element: SchemaElement, _ physicalType: PhysicalType, _ place: ParquetError.Place
    ) throws(ParquetError) -> Mapping {
        if element.logicalType == .unknown { return (.null, .null) }
        let mapping: Mapping? =
            switch physicalType {
            case .boolean: plainOnly(element, (.boolean, .boolean))
            case .int32: try int32(element, place)
            case .int64: try int64(element, place)
            case .int96: plainOnly(element, (.timestamp(.nanosecond, timeZone: nil), .fixedWidth(.int96)))
            case .float: plainOnly(element, (.floatingPoint(bitWidth: 32), .fixedWidth(.copy(byteWidth: 4))))
            case .double: plainOnly(element, (.floatingPoint(bitWidth: 64), .fixedWidth(.copy(byteWidth: 8))))
            case .byteArray: try byteArray(element, place)
            case .fixedLengthByteArray: try fixedLengthByteArray(element, place)
            }
        guard let mapping else {
            throw .malformed("the logical type does not fit the physical type \(physicalType.name)", at: place)
        }
        return mapping
    }

    private static func plainOnly(_ element: SchemaElement, _ mapping: Mapping) -> Mapping? {
        element.logicalType == nil || element.logicalType == .other ? mapping : nil
    }

    private static func int32(_ element: SchemaElement, _ place: ParquetError.Place) throws(ParquetError) -> Mapping? {
        let copy = Values.fixedWidth(.copy(byteWidth: 4))
        switch element.logicalType {
        case nil, .other: return (.integer(bitWidth: 32, isSigned: true), copy)
        case .integer(8, let isSigned): return (.integer(bitWidth: 8, isSigned: isSigned), .fixedWidth(.narrow32To8))
        case .integer(16, let isSigned): return (.integer(bitWidth: 16, isSigned: isSigned), .fixedWidth(.narrow32To16))
        case .integer(32, let isSigned): return (.integer(bitWidth: 32, isSigned: isSigned), copy)
        case .date: return (.date32, copy)
        case .time(.millisecond): return (.time(.millisecond), copy)
        case .decimal(let precision, let scale):
            return (try decimal(128, precision, scale, largestPrecision: 9, place), .fixedWidth(.widen32To128))
        default: return nil
        }
    }

    private static func int64(_ element: SchemaElement, _ place: ParquetError.Place) throws(ParquetError) -> Mapping? {
        let copy = Values.fixedWidth(.copy(byteWidth: 8))
        switch element.logicalType {
        case nil, .other: return (.integer(bitWidth: 64, isSigned: true), copy)
        case .integer(64, let isSigned): return (.integer(bitWidth: 64, isSigned: isSigned), copy)
        case .time(let unit) where unit != .millisecond: return (.time(unit), copy)
        case .timestamp(let unit, let isAdjustedToUTC):
            return (.timestamp(unit, timeZone: isAdjustedToUTC ? "UTC" : nil), copy)
        case .decimal(let precision, let scale):
            return (try decimal(128, precision, scale, largestPrecision: 18, place), .fixedWidth(.widen64To128))
        default: return nil
        }
    }

    private static func byteArray(
        _ element: SchemaElement, _ place: ParquetError.Place
    ) throws(ParquetError) -> Mapping? {
        switch element.logicalType {
        case nil, .other, .enumeration, .bson: return (.binary, .byteArray(isUTF8: false))
        case .string, .json: return (.utf8, .byteArray(isUTF8: true))
        case .decimal(let precision, let scale):
            let width = precision <= 38 ? 128 : 256
            return (
                try decimal(width, precision, scale, largestPrecision: 76, place),
                .fixedWidth(.variableBigEndian(targetByteWidth: width / 8))
            )
        default: return nil
        }
    }

    private static func fixedLengthByteArray(
        _ element: SchemaElement, _ place: ParquetError.Place
    ) throws(ParquetError) -> Mapping? {
        guard element.typeLength > 0 else {
            throw .malformed("the length of FIXED_LEN_BYTE_ARRAY is \(element.typeLength)", at: place)
        }
        let length = Int(element.typeLength)
        switch element.logicalType {
        case nil, .other: return (.fixedSizeBinary(byteWidth: length), .fixedWidth(.copy(byteWidth: length)))
        case .uuid:
            guard length == 16 else { return nil }
            return (.fixedSizeBinary(byteWidth: 16), .fixedWidth(.copy(byteWidth: 16)))
        case .float16:
            guard length == 2 else { return nil }
            return (.floatingPoint(bitWidth: 16), .fixedWidth(.copy(byteWidth: 2)))
        case .interval:
            guard length == 12 else { return nil }
            throw .unsupported("logical type INTERVAL", at: place)
        case .decimal(let precision, let scale):
            guard length <= 32 else { throw .malformed("a DECIMAL of \(length) bytes", at: place) }
            let width = length <= 16 ? 128 : 256
            return (
                try decimal(width, precision, scale, largestPrecision: width == 128 ? 38 : 76, place),
                .fixedWidth(.bigEndian(byteWidth: length, targetByteWidth: width / 8))
            )
        default: return nil
        }
    }

    private static func decimal(
        _ bitWidth: Int, _ precision: Int32, _ scale: Int32, largestPrecision: Int32, _ place: ParquetError.Place
    ) throws(ParquetError) -> DataType {
        guard precision >= 1, precision <= largestPrecision else {
            throw .malformed("a DECIMAL with precision \(precision)", at: place)
        }
        guard scale >= 0, scale <= precision else { throw .malformed("a DECIMAL with scale \(scale)", at: place) }
        return .decimal(bitWidth: bitWidth, precision: Int(precision), scale: Int(scale))
    }
}
