public import Bytes

/// Reads the metadata of one IPC message that came from outside.
///
/// - Spec: Arrow `Message.fbs` and `Schema.fbs`, metadata versions V4 and V5, which agree in all that is read here.
/// - Throws: `.malformed` with the table and the field, for any bytes whatever.
public struct MessageDecoder {
    /// Most rows of one batch, and most values of one array in it.
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

    // MARK: Schema

    /// The schema.
    ///
    /// - Throws: `.unsupported` with the first column whose values are not read here.
    /// - Precondition: `kind` is `.schema`.
    public func schema() throws(ArrowError) -> Schema {
        precondition(kind == .schema)
        return try SchemaDecoder.decode(header)
    }

    /// The ids that the schema gives its dictionaries, in the order of ``DataType/dictionaryCount``. Fields may share one;
    /// their types may be ones that are not known here.
    ///
    /// - Precondition: `kind` is `.schema`.
    public func dictionaryIDs() throws(ArrowError) -> [Int] {
        precondition(kind == .schema)
        return try SchemaDecoder.dictionaryIDs(header)
    }

    // MARK: Rows

    /// The rows, and how their buffers are compressed.
    ///
    /// - Ownership: the batch keeps `body`; nothing is copied.
    /// - Precondition: `kind` is `.recordBatch`.
    public func recordBatch(body: Slice) throws(ArrowError) -> (batch: RecordBatch, compression: BodyCodec?) {
        precondition(kind == .recordBatch)
        return try batch(header, body: body)
    }

    /// Rows of a record batch, of whatever types.
    ///
    /// - Precondition: `kind` is `.recordBatch`.
    public func rowCount() throws(ArrowError) -> Int {
        precondition(kind == .recordBatch)
        return try Self.rowCount(header)
    }

    /// The values of a dictionary, and how their buffers are compressed.
    ///
    /// - Ownership: the values keep `body`; nothing is copied.
    /// - Precondition: `kind` is `.dictionaryBatch`.
    public func dictionaryBatch(
        body: Slice
    ) throws(ArrowError) -> (dictionary: RecordBatch.Dictionary, isDelta: Bool, compression: BodyCodec?) {
        let (id, isDelta) = try dictionaryID()
        let data = try header.requiredTable(1, "data", MessageKind.recordBatch.tableName)
        let (values, compression) = try batch(data, body: body)
        return (RecordBatch.Dictionary(id: id, values: values), isDelta, compression)
    }

    /// Which dictionary a dictionary batch is for, and whether it adds to its values instead of replacing them.
    ///
    /// - Precondition: `kind` is `.dictionaryBatch`.
    public func dictionaryID() throws(ArrowError) -> (id: Int, isDelta: Bool) {
        precondition(kind == .dictionaryBatch)
        return (Int(try header.integer(0, "id", default: Int64(0))), try header.bool(2, "isDelta"))
    }

    private func batch(
        _ table: FlatBufferTable, body: Slice
    ) throws(ArrowError) -> (batch: RecordBatch, compression: BodyCodec?) {
        guard body.count == bodyByteCount else { throw .malformed(table: "Message", field: "bodyLength", .badValue) }
        guard let pairs = try table.pairs(1, "nodes") else { throw table.malformed("nodes", .missing) }
        var nodes: [RecordBatch.Node] = []
        for (length, nullCount) in pairs {
            guard (0...Self.rowLimit).contains(length) else {
                throw .malformed(table: "FieldNode", field: "length", .badValue)
            }
            guard (0...length).contains(nullCount) else {
                throw .malformed(table: "FieldNode", field: "null_count", .badValue)
            }
            nodes.append(RecordBatch.Node(length: Int(length), nullCount: Int(nullCount)))
        }
        var buffers: [RecordBatch.Buffer] = []
        for (offset, length) in try table.pairs(2, "buffers") ?? [] {
            guard offset >= 0, length >= 0, offset <= body.count, length <= Int64(body.count) - offset else {
                throw .malformed(table: "Buffer", field: "offset", .outOfBounds)
            }
            buffers.append(RecordBatch.Buffer(offset: Int(offset), count: Int(length)))
        }
        var variadicBufferCounts: [Int] = []
        for count in try table.integers(4, "variadicBufferCounts") {
            guard (0...Int64(buffers.count)).contains(count) else {
                throw table.malformed("variadicBufferCounts", .badValue)
            }
            variadicBufferCounts.append(Int(count))
        }
        let batch = RecordBatch(
            rowCount: try Self.rowCount(table), nodes: nodes, buffers: buffers,
            variadicBufferCounts: variadicBufferCounts, body: body.count > 0 ? [body] : [])
        return (batch, try Self.compression(table))
    }

    private static func rowCount(_ batch: FlatBufferTable) throws(ArrowError) -> Int {
        let rowCount = try batch.integer(0, "length", default: Int64(0))
        guard (0...rowLimit).contains(rowCount) else { throw batch.malformed("length", .badValue) }
        return Int(rowCount)
    }

    private static func compression(_ batch: FlatBufferTable) throws(ArrowError) -> BodyCodec? {
        guard let table = try batch.table(3, "compression", "BodyCompression") else { return nil }
        guard let codec = BodyCodec(rawValue: try table.integer(0, "codec", default: 0)) else {
            throw table.malformed("codec", .badValue)
        }
        guard try table.integer(1, "method", default: Int8(0)) == 0 else { throw table.malformed("method", .badValue) }
        return codec
    }
}
