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
    /// - Range: `bitWidth` is 32, 64, 128 or 256.
    case decimal(bitWidth: Int, precision: Int, scale: Int)
    /// Days since 1970-01-01, 32 bits.
    case date32
    /// Milliseconds since 1970-01-01, 64 bits.
    case date64
    /// - Range: 32 bits for seconds and milliseconds, 64 for the finer units.
    case time(TimeUnit)
    /// 64 bits since 1970-01-01.
    case timestamp(TimeUnit, timeZone: String?)
    /// 64 bits.
    case duration(TimeUnit)
    case interval(IntervalUnit)
    /// Text whose offsets have 32 bits.
    case utf8
    /// Text whose offsets have 64 bits.
    case largeUtf8
    /// Text in views of 16 bytes.
    case utf8View
    /// Bytes whose offsets have 32 bits.
    case binary
    /// Bytes whose offsets have 64 bits.
    case largeBinary
    /// Bytes in views of 16 bytes.
    case binaryView
    case fixedSizeBinary(byteWidth: Int)
    /// Lists whose offsets have 32 bits.
    case list(Field)
    /// Lists whose offsets have 64 bits.
    case largeList(Field)
    /// Lists with an offset and a size of 32 bits each.
    case listView(Field)
    /// Lists with an offset and a size of 64 bits each.
    case largeListView(Field)
    case fixedSizeList(Field, count: Int)
    case structure([Field])
    /// A list of entries; the entries are a not nullable structure of a not nullable key and a value.
    case map(entries: Field, isSorted: Bool)
    /// Indices into values that travel once, in a dictionary batch. The values have no dictionary of their own, though
    /// their children may.
    ///
    /// - Range: `indexBitWidth` is 8, 16, 32 or 64.
    case dictionary(indexBitWidth: Int, isSigned: Bool, value: DataType, isOrdered: Bool)
}

/// The resolution of a time or timestamp.
public enum TimeUnit: Hashable, Sendable {
    case second, millisecond, microsecond, nanosecond
}

extension TimeUnit {
    /// How many of the unit a second has.
    package var perSecond: Int64 {
        switch self {
        case .second: 1
        case .millisecond: 1000
        case .microsecond: 1_000_000
        case .nanosecond: 1_000_000_000
        }
    }
}

/// What a calendar interval is made of.
///
/// - Spec: Arrow `Schema.fbs`, enum `IntervalUnit`.
public enum IntervalUnit: Hashable, Sendable {
    /// Months in 32 bits.
    case yearMonth
    /// Days and milliseconds, 32 bits each.
    case dayTime
    /// Months and days in 32 bits each, nanoseconds in 64.
    case monthDayNano
}

extension DataType {
    /// Bits of one value in the data buffer; nil where values vary in size, have children or have no data.
    public var fixedBitWidth: Int? {
        switch self {
        case .null, .utf8, .largeUtf8, .binary, .largeBinary: nil
        case .list, .largeList, .listView, .largeListView, .fixedSizeList, .structure, .map: nil
        case .boolean: 1
        case .integer(let bitWidth, _), .floatingPoint(let bitWidth), .decimal(let bitWidth, _, _): bitWidth
        case .date32: 32
        case .time(let unit): unit == .second || unit == .millisecond ? 32 : 64
        case .date64, .timestamp, .duration: 64
        case .interval(.yearMonth): 32
        case .interval(.dayTime): 64
        case .interval(.monthDayNano), .utf8View, .binaryView: 128
        case .fixedSizeBinary(let byteWidth): byteWidth * 8
        case .dictionary(let indexBitWidth, _, _, _): indexBitWidth
        }
    }

    /// The fields of the child arrays, in order.
    public var children: [Field] {
        switch self {
        case .list(let item), .largeList(let item), .listView(let item), .largeListView(let item),
            .fixedSizeList(let item, _), .map(let item, _):
            [item]
        case .structure(let fields): fields
        default: []
        }
    }

    /// Dictionaries that arrays of this type need: its own before those inside its values, then those of its children.
    public var dictionaryCount: Int {
        if case .dictionary(_, _, let value, _) = self { return 1 + value.dictionaryCount }
        return children.reduce(0) { $0 + $1.type.dictionaryCount }
    }
}
