public import Bytes

/// Reads the metadata of one IPC message that came from outside.
///
/// - Spec: Arrow `Message.fbs` and `Schema.fbs`, metadata versions V4 and V5, which agree in all that is read here.
/// - Throws: `.malformed` with the table and the field, for any bytes whatever.
public struct MessageDecoder {
    /// Most rows of one batch.
    ///
    /// - Spec: Arrow columnar format, "Array lengths": implementations may stop at 2^31 - 1.
    static let rowLimit = Int64(Int32.max)
    private static let acceptedVersions: ClosedRange<Int16> = 3...4

    /// What the message is.
    public let kind: MessageKind
    /// Bytes of the body that belongs to it.
    public let bodyByteCount: Int
    let header: FlatBufferTable

    /// - Throws: `.unsupported` for tensors.
    public init(_ metadata: [UInt8]) throws(ArrowError) {
        let message = try FlatBuffer(metadata).root("Message")
        guard Self.acceptedVersions.contains(try message.integer(0, "version", default: Int16(0))) else {
            throw .unsupported("a metadata version before V4 or after V5")
        }
        let code = try message.integer(1, "header_type", default: UInt8(0))
        guard let kind = MessageKind(rawValue: code) else { throw .unsupported("message header type \(code)") }
        self.kind = kind
        header = try message.requiredTable(2, "header", kind.tableName)
        let byteCount = try message.integer(3, "bodyLength", default: Int64(0))
        guard byteCount >= 0 else { throw message.malformed("bodyLength", .badValue) }
        bodyByteCount = Int(byteCount)
    }

    /// The schema.
    ///
    /// - Throws: `.unsupported` with the first column whose values are not read here.
    /// - Precondition: `kind` is `.schema`.
    public func schema() throws(ArrowError) -> Schema {
        precondition(kind == .schema)
        guard try header.integer(0, "endianness", default: Int16(0)) == 0 else { throw .unsupported("big-endian data") }
        var fields: [Field] = []
        for table in try header.tables(1, "fields", of: "Field") { fields.append(try Self.field(table)) }
        return Schema(fields: fields)
    }

    /// The rows, and how their buffers are compressed.
    ///
    /// - Ownership: the batch keeps `body`; nothing is copied.
    /// - Precondition: `kind` is `.recordBatch`.
    public func recordBatch(body: Slice) throws(ArrowError) -> (batch: RecordBatch, compression: BodyCodec?) {
        precondition(kind == .recordBatch)
        guard body.count == bodyByteCount else { throw .malformed(table: "Message", field: "bodyLength", .badValue) }
        let rowCount = try rowCount()
        guard let pairs = try header.pairs(1, "nodes") else { throw header.malformed("nodes", .missing) }
        var nodes: [RecordBatch.Node] = []
        for (length, nullCount) in pairs {
            guard length == rowCount else { throw .malformed(table: "FieldNode", field: "length", .badValue) }
            guard (0...length).contains(nullCount) else {
                throw .malformed(table: "FieldNode", field: "null_count", .badValue)
            }
            nodes.append(RecordBatch.Node(length: Int(length), nullCount: Int(nullCount)))
        }
        var buffers: [RecordBatch.Buffer] = []
        for (offset, length) in try header.pairs(2, "buffers") ?? [] {
            guard offset >= 0, length >= 0, offset <= body.count, length <= Int64(body.count) - offset else {
                throw .malformed(table: "Buffer", field: "offset", .outOfBounds)
            }
            buffers.append(RecordBatch.Buffer(offset: Int(offset), count: Int(length)))
        }
        let batch = RecordBatch(
            rowCount: rowCount, nodes: nodes, buffers: buffers, body: body.count > 0 ? [body] : [])
        return (batch, try compression())
    }

    /// Rows of a record batch, of whatever types.
    ///
    /// - Precondition: `kind` is `.recordBatch`.
    public func rowCount() throws(ArrowError) -> Int {
        precondition(kind == .recordBatch)
        let rowCount = try header.integer(0, "length", default: Int64(0))
        guard (0...Self.rowLimit).contains(rowCount) else { throw header.malformed("length", .badValue) }
        return Int(rowCount)
    }

    private func compression() throws(ArrowError) -> BodyCodec? {
        guard let table = try header.table(3, "compression", "BodyCompression") else { return nil }
        guard let codec = BodyCodec(rawValue: try table.integer(0, "codec", default: 0)) else {
            throw table.malformed("codec", .badValue)
        }
        guard try table.integer(1, "method", default: Int8(0)) == 0 else { throw table.malformed("method", .badValue) }
        return codec
    }

    // MARK: Fields

    private static func field(_ table: FlatBufferTable) throws(ArrowError) -> Field {
        let name = try table.string(0, "name") ?? ""
        if try table.table(4, "dictionary", "DictionaryEncoding") != nil {
            throw .unsupported("column \(name), which is dictionary-encoded,")
        }
        var metadata: [KeyValue] = []
        for entry in try table.tables(6, "custom_metadata", of: "KeyValue") {
            metadata.append(
                KeyValue(key: try entry.string(0, "key") ?? "", value: try entry.string(1, "value") ?? ""))
        }
        return Field(
            name: name, type: try type(of: table, column: name), isNullable: try table.bool(1, "nullable"),
            metadata: metadata)
    }

    private static func type(of field: FlatBufferTable, column: String) throws(ArrowError) -> DataType {
        let code = try field.integer(2, "type_type", default: Int8(0))
        guard let kind = TypeKind(rawValue: code) else {
            throw .unsupported("column \(column) of the type with number \(code)")
        }
        let type = try field.requiredTable(3, "type", "Type")
        switch kind {
        case .null: return .null
        case .bool: return .boolean
        case .utf8: return .utf8
        case .binary: return .binary
        case .int:
            let bitWidth = try width(of: type, 0, [8, 16, 32, 64])
            return .integer(bitWidth: bitWidth, isSigned: try type.bool(1, "is_signed"))
        case .floatingPoint:
            let precision = try type.integer(0, "precision", default: Int16(0))
            guard (0...2).contains(precision) else { throw type.malformed("precision", .badValue) }
            return .floatingPoint(bitWidth: 16 << Int(precision))
        case .decimal: return try decimal(type)
        case .date:
            let milliseconds: Int16 = 1
            guard try type.integer(0, "unit", default: milliseconds) == 0 else {
                throw .unsupported("column \(column) of dates in milliseconds")
            }
            return .date32
        case .time:
            let time = DataType.time(try unit(of: type, default: .millisecond))
            guard try width(of: type, 1, [32, 64], default: 32) == time.fixedBitWidth else {
                throw type.malformed("bitWidth", .badValue)
            }
            return time
        case .timestamp:
            return .timestamp(try unit(of: type, default: .second), timeZone: try type.string(1, "timezone"))
        case .fixedSizeBinary:
            let byteWidth = try type.integer(0, "byteWidth", default: Int32(0))
            guard byteWidth >= 0 else { throw type.malformed("byteWidth", .badValue) }
            return .fixedSizeBinary(byteWidth: Int(byteWidth))
        }
    }

    private static func decimal(_ type: FlatBufferTable) throws(ArrowError) -> DataType {
        let largestPrecision: Int32 = 76
        let precision = try type.integer(0, "precision", default: Int32(0))
        let scale = try type.integer(1, "scale", default: Int32(0))
        guard (1...largestPrecision).contains(precision) else { throw type.malformed("precision", .badValue) }
        guard (-largestPrecision...largestPrecision).contains(scale) else { throw type.malformed("scale", .badValue) }
        let bitWidth = try width(of: type, 2, [128, 256], default: 128)
        return .decimal(bitWidth: bitWidth, precision: Int(precision), scale: Int(scale))
    }

    private static func width(
        of type: FlatBufferTable, _ slot: Int, _ allowed: [Int32], default standard: Int32 = 0
    ) throws(ArrowError) -> Int {
        let bitWidth = try type.integer(slot, "bitWidth", default: standard)
        guard allowed.contains(bitWidth) else { throw type.malformed("bitWidth", .badValue) }
        return Int(bitWidth)
    }

    private static func unit(of type: FlatBufferTable, default standard: TimeUnit) throws(ArrowError) -> TimeUnit {
        let code = try type.integer(0, "unit", default: standard.code)
        let units: [TimeUnit] = [.second, .millisecond, .microsecond, .nanosecond]
        guard let unit = units.first(where: { $0.code == code }) else { throw type.malformed("unit", .badValue) }
        return unit
    }
}

extension MessageKind {
    /// The name of the header's table.
    fileprivate var tableName: String {
        switch self {
        case .schema: "Schema"
        case .dictionaryBatch: "DictionaryBatch"
        case .recordBatch: "RecordBatch"
        }
    }
}
