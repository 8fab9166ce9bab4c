import Bytes

/// Walks the arrays of one message body in depth-first order, as its nodes and buffers are listed.
///
/// - Spec: Arrow columnar format, "RecordBatch message".
struct BodyArrays {
    private let body: Slice
    private let compression: BodyCodec?
    private let dictionaries: Dictionaries?
    private var nodes: ArraySlice<RecordBatch.Node>
    private var buffers: ArraySlice<RecordBatch.Buffer>
    private var variadicBufferCounts: ArraySlice<Int>
    /// Of the next dictionary-typed field.
    private var ordinal: Int
    /// What decompression may still give.
    private var byteAllowance: Int

    /// - Parameters:
    ///   - firstOrdinal: of the first dictionary-typed field in the body, in the schema's depth-first order.
    ///   - byteLimit: what compressed buffers may have together.
    init(
        _ batch: RecordBatch, compression: BodyCodec?, dictionaries: Dictionaries?, firstOrdinal: Int,
        byteLimit: Int = BodyDecompression.bodyByteLimit
    ) {
        precondition(batch.body.count <= 1, "only bodies of one block are read")
        body = batch.body.first ?? Slice(copying: [])
        self.compression = compression
        self.dictionaries = dictionaries
        nodes = batch.nodes[...]
        buffers = batch.buffers[...]
        variadicBufferCounts = batch.variadicBufferCounts[...]
        ordinal = firstOrdinal
        byteAllowance = byteLimit
    }

    /// The next array with all below it.
    ///
    /// - Throws: `.malformed` when something is missing, `.malformedBuffer` for a buffer or child that is too short.
    mutating func next(_ field: Field) throws(ArrowError) -> ColumnReader {
        guard let node = nodes.popFirst() else { throw .malformed(table: "RecordBatch", field: "nodes", .badValue) }
        let layout = ArrayLayout(field.type)
        var bufferCount = layout.bufferCount
        if case .view = layout {
            guard let count = variadicBufferCounts.popFirst() else {
                throw .malformed(table: "RecordBatch", field: "variadicBufferCounts", .missing)
            }
            bufferCount += count
        }
        let slices = try take(bufferCount, column: field.name)
        var dictionary: [ColumnReader] = []
        if case .dictionary = field.type {
            dictionary = dictionaries?.values(ordinal: ordinal) ?? []
            // The dictionaries inside the values are met where those are read.
            ordinal += field.type.dictionaryCount
        }
        var children: [ColumnReader] = []
        for child in field.type.children { children.append(try next(child)) }
        return try ColumnReader(
            field: field, layout: layout, node: node, buffers: slices, children: children, dictionary: dictionary)
    }

    /// - Throws: `.malformed` when the body has more arrays than were asked for.
    func finish() throws(ArrowError) {
        guard nodes.isEmpty else { throw .malformed(table: "RecordBatch", field: "nodes", .badValue) }
        guard buffers.isEmpty else { throw .malformed(table: "RecordBatch", field: "buffers", .badValue) }
        guard variadicBufferCounts.isEmpty else {
            throw .malformed(table: "RecordBatch", field: "variadicBufferCounts", .badValue)
        }
    }

    private mutating func take(_ count: Int, column: String) throws(ArrowError) -> [Slice] {
        guard buffers.count >= count else { throw .malformed(table: "RecordBatch", field: "buffers", .badValue) }
        var slices: [Slice] = []
        for (position, buffer) in buffers.prefix(count).enumerated() {
            let raw = body.extracting(buffer.offset..<buffer.offset + buffer.count)
            guard let compression else {
                slices.append(raw)
                continue
            }
            guard let slice = BodyDecompression.decompress(raw, compression, byteLimit: byteAllowance) else {
                throw .malformedBuffer(column: column, buffer: position, .undecodable)
            }
            // Bytes that were stored as they are count too: they cost nothing, but they came, so they are few.
            byteAllowance = max(byteAllowance - slice.count, 0)
            slices.append(slice)
        }
        buffers = buffers.dropFirst(count)
        return slices
    }
}
