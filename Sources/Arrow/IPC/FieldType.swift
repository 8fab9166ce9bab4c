/// The type of one field that came from outside, its dictionary left aside.
///
/// - Spec: Arrow `Schema.fbs`, union `Type` and the tables in it.
struct FieldType {
    let field: FlatBufferTable
    /// For errors.
    let column: String
    let children: [Field]

    /// - Throws: `.unsupported` for a type not known here, `.malformed` for one that its table or the children contradict.
    func decode() throws(ArrowError) -> DataType {
        let code = try field.integer(2, "type_type", default: Int8(0))
        guard let kind = TypeKind(rawValue: code) else {
            throw .unsupported("column \(column) of the type with number \(code)")
        }
        let type = try field.requiredTable(3, "type", "Type")
        let decoded = try decode(kind, type)
        // Children that no array has would count, with their dictionaries, for a reader of the fields alone.
        guard decoded.children.count == children.count else { throw field.malformed("children", .badValue) }
        return decoded
    }

    private func decode(_ kind: TypeKind, _ type: FlatBufferTable) throws(ArrowError) -> DataType {
        switch kind {
        case .null: return .null
        case .bool: return .boolean
        case .int:
            return .integer(bitWidth: try type.bitWidth(0, [8, 16, 32, 64]), isSigned: try type.bool(1, "is_signed"))
        case .floatingPoint:
            let precision = try type.integer(0, "precision", default: Int16(0))
            guard (0...2).contains(precision) else { throw type.malformed("precision", .badValue) }
            return .floatingPoint(bitWidth: 16 << Int(precision))
        case .decimal: return try decimal(type)
        case .date: return try date(type)
        case .time:
            let time = DataType.time(try timeUnit(type, default: .millisecond))
            guard try type.bitWidth(1, [32, 64], default: 32) == time.fixedBitWidth else {
                throw type.malformed("bitWidth", .badValue)
            }
            return time
        case .timestamp:
            return .timestamp(try timeUnit(type, default: .second), timeZone: try type.string(1, "timezone"))
        case .duration: return .duration(try timeUnit(type, default: .millisecond))
        case .interval: return .interval(try intervalUnit(type))
        case .utf8: return .utf8
        case .largeUtf8: return .largeUtf8
        case .utf8View: return .utf8View
        case .binary: return .binary
        case .largeBinary: return .largeBinary
        case .binaryView: return .binaryView
        case .fixedSizeBinary: return .fixedSizeBinary(byteWidth: try count(type, "byteWidth"))
        case .list: return .list(try onlyChild())
        case .largeList: return .largeList(try onlyChild())
        case .listView: return .listView(try onlyChild())
        case .largeListView: return .largeListView(try onlyChild())
        case .fixedSizeList: return .fixedSizeList(try onlyChild(), count: try count(type, "listSize"))
        case .structure: return .structure(children)
        case .map: return .map(entries: try entries(), isSorted: try type.bool(0, "keysSorted"))
        }
    }

    private func decimal(_ type: FlatBufferTable) throws(ArrowError) -> DataType {
        let largestPrecision: Int32 = 76
        let precision = try type.integer(0, "precision", default: Int32(0))
        let scale = try type.integer(1, "scale", default: Int32(0))
        guard (1...largestPrecision).contains(precision) else { throw type.malformed("precision", .badValue) }
        guard (-largestPrecision...largestPrecision).contains(scale) else { throw type.malformed("scale", .badValue) }
        let bitWidth = try type.bitWidth(2, [32, 64, 128, 256], default: 128)
        return .decimal(bitWidth: bitWidth, precision: Int(precision), scale: Int(scale))
    }

    private func date(_ type: FlatBufferTable) throws(ArrowError) -> DataType {
        let code = try type.integer(0, "unit", default: DateUnit.millisecond.rawValue)
        switch DateUnit(rawValue: code) {
        case .day: return .date32
        case .millisecond: return .date64
        case nil: throw type.malformed("unit", .badValue)
        }
    }

    private func timeUnit(_ type: FlatBufferTable, default standard: TimeUnit) throws(ArrowError) -> TimeUnit {
        let code = try type.integer(0, "unit", default: standard.code)
        let units: [TimeUnit] = [.second, .millisecond, .microsecond, .nanosecond]
        guard let unit = units.first(where: { $0.code == code }) else { throw type.malformed("unit", .badValue) }
        return unit
    }

    private func intervalUnit(_ type: FlatBufferTable) throws(ArrowError) -> IntervalUnit {
        let code = try type.integer(0, "unit", default: IntervalUnit.yearMonth.code)
        let units: [IntervalUnit] = [.yearMonth, .dayTime, .monthDayNano]
        guard let unit = units.first(where: { $0.code == code }) else { throw type.malformed("unit", .badValue) }
        return unit
    }

    private func count(_ type: FlatBufferTable, _ name: String) throws(ArrowError) -> Int {
        let count = try type.integer(0, name, default: Int32(0))
        guard count >= 0 else { throw type.malformed(name, .badValue) }
        return Int(count)
    }

    // MARK: Children

    private func onlyChild() throws(ArrowError) -> Field {
        guard let child = children.first, children.count == 1 else { throw field.malformed("children", .badValue) }
        return child
    }

    /// The child of a map: a structure of a key and a value, whatever their names.
    private func entries() throws(ArrowError) -> Field {
        let entries = try onlyChild()
        guard case .structure(let fields) = entries.type, fields.count == 2 else {
            throw field.malformed("children", .badValue)
        }
        return entries
    }
}
