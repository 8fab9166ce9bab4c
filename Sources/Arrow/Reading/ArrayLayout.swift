/// Which buffers and children the array of a type has in a message body.
///
/// - Spec: Arrow columnar format, "Buffer Listing for Each Layout".
enum ArrayLayout {
    /// Nothing at all.
    case null
    /// Validity bitmap, values.
    case fixedWidth(bitWidth: Int)
    /// Validity bitmap, offsets, values.
    case variableSize(offsetByteWidth: Int)
    /// Validity bitmap, views, and as many buffers of data as the batch says.
    case view
    /// Validity bitmap, offsets; one child.
    case list(offsetByteWidth: Int)
    /// Validity bitmap, offsets, sizes; one child.
    case listView(offsetByteWidth: Int)
    /// Validity bitmap; children with `count` values for each of this array's.
    case children(count: Int)

    init(_ type: DataType) {
        switch type {
        case .null: self = .null
        case .utf8, .binary: self = .variableSize(offsetByteWidth: 4)
        case .largeUtf8, .largeBinary: self = .variableSize(offsetByteWidth: 8)
        case .utf8View, .binaryView: self = .view
        case .list, .map: self = .list(offsetByteWidth: 4)
        case .largeList: self = .list(offsetByteWidth: 8)
        case .listView: self = .listView(offsetByteWidth: 4)
        case .largeListView: self = .listView(offsetByteWidth: 8)
        case .fixedSizeList(_, let count): self = .children(count: count)
        case .structure: self = .children(count: 1)
        case .boolean: self = .fixedWidth(bitWidth: 1)
        case .integer(let bitWidth, _), .floatingPoint(let bitWidth), .decimal(let bitWidth, _, _),
            .dictionary(let bitWidth, _, _, _):
            self = .fixedWidth(bitWidth: bitWidth)
        case .fixedSizeBinary(let byteWidth): self = .fixedWidth(bitWidth: byteWidth * 8)
        case .date32, .date64, .time, .timestamp, .duration, .interval:
            self = .fixedWidth(bitWidth: type.fixedBitWidth ?? 0)
        }
    }

    /// Buffers that do not depend on the batch, the validity bitmap first.
    var bufferCount: Int {
        switch self {
        case .null: 0
        case .children: 1
        case .fixedWidth, .view, .list: 2
        case .variableSize, .listView: 3
        }
    }
}
