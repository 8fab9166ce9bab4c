import Arrow

extension ColumnText {
    /// The type in the notation of the sample files: that of pyarrow, with the names of a map's fields fixed.
    static func name(_ type: DataType) -> String {
        switch type {
        case .null: "null"
        case .boolean: "bool"
        case .integer(let bitWidth, let isSigned): (isSigned ? "int" : "uint") + String(bitWidth)
        case .floatingPoint(16): "halffloat"
        case .floatingPoint(32): "float"
        case .floatingPoint: "double"
        case .decimal(let bitWidth, let precision, let scale): "decimal\(bitWidth)(\(precision), \(scale))"
        case .date32: "date32[day]"
        case .date64: "date64[ms]"
        case .time(let unit): "time\(type.fixedBitWidth!)[\(name(unit))]"
        case .timestamp(let unit, nil): "timestamp[\(name(unit))]"
        case .timestamp(let unit, let zone?): "timestamp[\(name(unit)), tz=\(zone)]"
        case .duration(let unit): "duration[\(name(unit))]"
        case .interval(.yearMonth): "month_interval"
        case .interval(.dayTime): "day_time_interval"
        case .interval(.monthDayNano): "month_day_nano_interval"
        case .utf8: "string"
        case .largeUtf8: "large_string"
        case .utf8View: "string_view"
        case .binary: "binary"
        case .largeBinary: "large_binary"
        case .binaryView: "binary_view"
        case .fixedSizeBinary(let byteWidth): "fixed_size_binary[\(byteWidth)]"
        case .list(let item): "list<\(name(item))>"
        case .largeList(let item): "large_list<\(name(item))>"
        case .listView(let item): "list_view<\(name(item))>"
        case .largeListView(let item): "large_list_view<\(name(item))>"
        case .fixedSizeList(let item, let count): "fixed_size_list<\(name(item))>[\(count)]"
        case .structure(let fields): "struct<\(fields.map { name($0) }.joined(separator: ", "))>"
        case .map(let entries, _): map(entries.type.children)
        case .dictionary(let bitWidth, let isSigned, let value, _):
            "dictionary<\(name(.integer(bitWidth: bitWidth, isSigned: isSigned))), \(name(value))>"
        }
    }

    private static func name(_ field: Field) -> String {
        "\(field.name): \(name(field.type))\(field.isNullable ? "" : " not null")"
    }

    private static func map(_ parts: [Field]) -> String {
        let value = Field(name: "value", type: parts[1].type, isNullable: parts[1].isNullable)
        return "map<key: \(name(parts[0].type)) not null, \(name(value))>"
    }

    private static func name(_ unit: TimeUnit) -> String {
        switch unit {
        case .second: "s"
        case .millisecond: "ms"
        case .microsecond: "us"
        case .nanosecond: "ns"
        }
    }
}
