/// - Spec: `Schema.fbs`, union `Type`. Union (14) and RunEndEncoded (22) are not known here.
enum TypeKind: Int8 {
    case null = 1
    case int = 2
    case floatingPoint = 3
    case binary = 4
    case utf8 = 5
    case bool = 6
    case decimal = 7
    case date = 8
    case time = 9
    case timestamp = 10
    case interval = 11
    case list = 12
    case structure = 13
    case fixedSizeBinary = 15
    case fixedSizeList = 16
    case map = 17
    case duration = 18
    case largeBinary = 19
    case largeUtf8 = 20
    case largeList = 21
    case binaryView = 23
    case utf8View = 24
    case listView = 25
    case largeListView = 26
}

/// - Spec: `Schema.fbs`, enum `DateUnit`.
enum DateUnit: Int16 {
    case day = 0
    case millisecond = 1
}

/// - Spec: `Schema.fbs`, enum `DictionaryKind`.
enum DictionaryKind: Int16 {
    case denseArray = 0
}

extension TimeUnit {
    /// - Spec: `Schema.fbs`, enum `TimeUnit`.
    var code: Int16 {
        switch self {
        case .second: 0
        case .millisecond: 1
        case .microsecond: 2
        case .nanosecond: 3
        }
    }
}

extension IntervalUnit {
    /// - Spec: `Schema.fbs`, enum `IntervalUnit`.
    var code: Int16 {
        switch self {
        case .yearMonth: 0
        case .dayTime: 1
        case .monthDayNano: 2
        }
    }
}
