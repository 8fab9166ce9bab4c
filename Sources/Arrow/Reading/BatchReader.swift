import Bytes

/// The columns of one batch, for whoever looks at single values.
public struct BatchReader {
    public let rowCount: Int
    public let columns: [ColumnReader]

    /// - Throws: `.malformed` when the batch does not fit the schema, `.malformedBuffer` for a buffer that is too short.
    /// - Cost: copies nothing; a compressed batch is decompressed whole.
    public init(_ batch: RecordBatch, compression: BodyCodec?, schema: Schema) throws(ArrowError) {
        precondition(batch.body.count <= 1, "only bodies of one block are read")
        guard batch.nodes.count == schema.fields.count else {
            throw .malformed(table: "RecordBatch", field: "nodes", .badValue)
        }
        let body = batch.body.first ?? Slice(copying: [])
        var buffers = batch.buffers[...]
        var columns: [ColumnReader] = []
        for (field, node) in zip(schema.fields, batch.nodes) {
            let count = field.type.bufferCount
            guard buffers.count >= count else { throw .malformed(table: "RecordBatch", field: "buffers", .badValue) }
            var slices: [Slice] = []
            for (position, buffer) in buffers.prefix(count).enumerated() {
                let raw = body.extracting(buffer.offset..<buffer.offset + buffer.count)
                guard let slice = compression.map({ BodyDecompression.decompress(raw, $0) }) ?? raw else {
                    throw .malformedBuffer(column: field.name, buffer: position, .undecodable)
                }
                slices.append(slice)
            }
            buffers = buffers.dropFirst(count)
            columns.append(try ColumnReader(field: field, node: node, buffers: slices))
        }
        guard buffers.isEmpty else { throw .malformed(table: "RecordBatch", field: "buffers", .badValue) }
        rowCount = batch.rowCount
        self.columns = columns
    }
}

/// One column of a batch.
public struct ColumnReader {
    public let field: Field
    let rowCount: Int
    private let validity: Slice?
    private let values: Slice
    /// Of ``values``, for values that vary in size.
    private let offsets: Slice

    init(field: Field, node: RecordBatch.Node, buffers: [Slice]) throws(ArrowError) {
        self.field = field
        rowCount = node.length
        let none = Slice(copying: [])
        func require(_ buffer: Int, _ byteCount: Int) throws(ArrowError) {
            guard buffers[buffer].count >= byteCount else {
                throw .malformedBuffer(column: field.name, buffer: buffer, .outOfBounds)
            }
        }
        guard !buffers.isEmpty else {
            (validity, values, offsets) = (nil, none, none)
            return
        }
        if node.nullCount > 0 || buffers[0].count > 0 { try require(0, (rowCount + 7) / 8) }
        validity = buffers[0].count > 0 ? buffers[0] : nil
        if let bitWidth = field.type.fixedBitWidth {
            try require(1, bitWidth == 1 ? (rowCount + 7) / 8 : rowCount * (bitWidth / 8))
            (values, offsets) = (buffers[1], none)
        } else {
            // An array without rows may leave even the first offset out.
            try require(1, rowCount == 0 ? 0 : (rowCount + 1) * MemoryLayout<Int32>.size)
            (values, offsets) = (buffers[2], buffers[1])
        }
    }

    /// Whether the value of a row is null.
    ///
    /// - Precondition: the row is one of the batch.
    public func isNull(at row: Int) -> Bool {
        precondition((0..<rowCount).contains(row))
        if field.type == .null { return true }
        return validity.map { !Self.bit(row, of: $0) } ?? false
    }

    /// The bit of a row whose type is boolean.
    func boolean(at row: Int) -> Bool { Self.bit(row, of: values) }

    /// The bytes of a row whose type has a fixed number of them.
    func fixedBytes(at row: Int, byteWidth: Int) -> Slice {
        values.extracting(row * byteWidth..<(row + 1) * byteWidth)
    }

    /// The bytes of a row whose values vary in size.
    ///
    /// - Throws: when the offsets run backwards or out of the data.
    func variableBytes(at row: Int) throws(ArrowError) -> Slice {
        let pair = offsets.extracting(row * 4..<(row + 2) * 4)
        var reader = ByteReader(pair.bytes)
        guard let start = try? reader.readInteger(Int32.self), let end = try? reader.readInteger(Int32.self),
            start >= 0,
            start <= end, Int(end) <= values.count
        else { throw .malformedBuffer(column: field.name, buffer: 1, .badValue) }
        return values.extracting(Int(start)..<Int(end))
    }

    private static func bit(_ row: Int, of bitmap: Slice) -> Bool {
        let byte = bitmap.extracting(row / 8..<row / 8 + 1).copiedBytes()[0]
        return byte >> UInt8(row % 8) & 1 == 1
    }
}

extension DataType {
    /// Buffers of one array in a message body.
    ///
    /// - Spec: Arrow columnar format, "Buffer Listing for Each Layout".
    var bufferCount: Int {
        switch self {
        case .null: 0
        case .utf8, .binary: 3
        default: 2
        }
    }
}
