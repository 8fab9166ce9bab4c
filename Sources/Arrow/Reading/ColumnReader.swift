import Bytes

/// One array of a batch or a dictionary: a column, or something below one.
///
/// That each buffer and child is as long as the rows demand is checked once, here; what lies inside them, offsets and
/// indices, is checked where it is looked at.
public struct ColumnReader {
    public let field: Field
    public let rowCount: Int
    let validity: Slice?
    /// Of a type with values or views of a fixed width: these; of one that varies in size: its bytes.
    let values: Slice
    /// Of values that vary in size and of lists.
    let offsets: Slice
    /// Of list views.
    let sizes: Slice
    /// The data that views point into.
    let viewData: [Slice]
    public let children: [ColumnReader]
    /// What the indices of a dictionary-typed column count in, part after part.
    let dictionary: [ColumnReader]

    /// - Parameter buffers: at least as many as the layout has.
    init(
        field: Field, layout: ArrayLayout, node: RecordBatch.Node, buffers: [Slice], children: [ColumnReader],
        dictionary: [ColumnReader]
    ) throws(ArrowError) {
        let rowCount = node.length
        let none = Slice(copying: [])
        func require(_ buffer: Int, _ byteCount: Int) throws(ArrowError) -> Slice {
            guard buffers[buffer].count >= byteCount else {
                throw .malformedBuffer(column: field.name, buffer: buffer, .outOfBounds)
            }
            return buffers[buffer]
        }
        /// An array without rows may leave even the first offset out.
        func requireOffsets(_ byteWidth: Int) throws(ArrowError) -> Slice {
            try require(1, rowCount == 0 ? 0 : (rowCount + 1) * byteWidth)
        }
        var (values, offsets, sizes, viewData) = (none, none, none, [Slice]())
        switch layout {
        case .null: break
        case .fixedWidth(let bitWidth):
            values = try require(1, bitWidth == 1 ? (rowCount + 7) / 8 : rowCount * (bitWidth / 8))
        case .variableSize(let byteWidth): (values, offsets) = (buffers[2], try requireOffsets(byteWidth))
        case .view: (values, viewData) = (try require(1, rowCount * Self.viewByteCount), Array(buffers.dropFirst(2)))
        case .list(let byteWidth): offsets = try requireOffsets(byteWidth)
        case .listView(let byteWidth):
            (offsets, sizes) = (try require(1, rowCount * byteWidth), try require(2, rowCount * byteWidth))
        case .children(let count):
            // Both are below 2^31.
            guard children.allSatisfy({ $0.rowCount >= rowCount * count }) else {
                throw .malformed(table: "FieldNode", field: "length", .badValue)
            }
        }
        if let bitmap = buffers.first, node.nullCount > 0 || bitmap.count > 0 {
            validity = try require(0, (rowCount + 7) / 8)
        } else {
            validity = nil
        }
        self.field = field
        self.rowCount = rowCount
        self.values = values
        self.offsets = offsets
        self.sizes = sizes
        self.viewData = viewData
        self.children = children
        self.dictionary = dictionary
    }

    /// Whether the value of a row is null; of a dictionary-typed column, whether its index is.
    ///
    /// - Precondition: the row is one of the array.
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

    /// The number of a row whose type is as wide as `Value`.
    func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        at row: Int, _ type: Value.Type = Value.self
    ) -> Value {
        Self.integer(row, of: values, type)
    }

    /// One of the little-endian integers in a buffer.
    ///
    /// - Precondition: the buffer's length was checked.
    static func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ position: Int, of buffer: Slice, _ type: Value.Type = Value.self
    ) -> Value {
        let width = MemoryLayout<Value>.size
        let bytes = buffer.extracting(position * width..<(position + 1) * width)
        var reader = ByteReader(bytes.bytes)
        guard let value = try? reader.readInteger(Value.self) else { preconditionFailure("the width was checked") }
        return value
    }

    private static func bit(_ row: Int, of bitmap: Slice) -> Bool {
        integer(row / 8, of: bitmap, UInt8.self) >> UInt8(row % 8) & 1 == 1
    }
}
