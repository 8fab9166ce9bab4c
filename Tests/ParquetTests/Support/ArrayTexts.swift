import Arrow
import Bytes

/// Takes the arrays of one message body in depth-first order, each as one text for each value.
///
/// It reads the buffers by itself, so that a mistake in the package's own reader does not hide one of the decoder.
struct ArrayTexts {
    private let batch: RecordBatch
    private let body: [UInt8]
    private let dictionaries: [Int: RecordBatch]
    private var dictionary: Int
    private var node = 0
    private var buffer = 0
    private var view = 0

    /// - Parameter firstDictionary: id of the first dictionary-typed field in the body.
    init(_ batch: RecordBatch, dictionaries: [Int: RecordBatch], firstDictionary: Int) {
        self.batch = batch
        body = batch.body.first?.copiedBytes() ?? []
        self.dictionaries = dictionaries
        dictionary = firstDictionary
    }

    /// Passes over an array and all below it.
    mutating func skip(_ type: DataType) {
        node += 1
        buffer += bufferCount(type)
        if Self.isView(type) { view += 1 }
        if case .dictionary = type { dictionary += type.dictionaryCount }
        for child in type.children { skip(child.type) }
    }

    /// The texts of the next array.
    mutating func next(_ type: DataType) -> [String] {
        let (length, nullCount) = (batch.nodes[node].length, batch.nodes[node].nullCount)
        let buffers = batch.buffers[buffer..<buffer + bufferCount(type)].map {
            Array(body[$0.offset..<$0.offset + $0.count])
        }
        node += 1
        buffer += buffers.count
        if Self.isView(type) { view += 1 }
        var children: [[String]] = []
        if case .dictionary(_, _, let value, _) = type {
            var values: [String] = []
            if let batch = dictionaries[dictionary] {
                var arrays = ArrayTexts(batch, dictionaries: dictionaries, firstDictionary: dictionary + 1)
                values = arrays.next(value)
            }
            children.append(values)
            dictionary += type.dictionaryCount
        }
        if case .map(let entries, _) = type {
            // The entries themselves have no text of their own.
            (node, buffer) = (node + 1, buffer + 1)
            for part in entries.type.children { children.append(next(part.type)) }
        } else {
            for child in type.children { children.append(next(child.type)) }
        }
        return (0..<length).map { row in
            if type == .null || nullCount > 0 && buffers[0][row / 8] >> (row % 8) & 1 == 0 { return "null" }
            return Value(type: type, buffers: buffers, children: children, row: row).text
        }
    }

    private func bufferCount(_ type: DataType) -> Int {
        switch type {
        case .null: 0
        case .structure, .fixedSizeList: 1
        case .utf8, .binary, .largeUtf8, .largeBinary, .listView, .largeListView: 3
        case .utf8View, .binaryView: 2 + batch.variadicBufferCounts[view]
        default: 2
        }
    }

    private static func isView(_ type: DataType) -> Bool { type == .utf8View || type == .binaryView }
}

/// One value that is not null.
private struct Value {
    let type: DataType
    let buffers: [[UInt8]]
    let children: [[String]]
    let row: Int

    var text: String {
        switch type {
        case .null: return "null"
        case .boolean: return buffers[1][row / 8] >> (row % 8) & 1 == 1 ? "true" : "false"
        case .integer(let bitWidth, true): return String(signed(row, bitWidth / 8))
        case .integer(let bitWidth, false): return String(unsigned(row, bitWidth / 8))
        case .floatingPoint(let bitWidth): return ColumnText.float(unsigned(row, bitWidth / 8), bitWidth)
        case .decimal(let bitWidth, _, _): return ColumnText.decimal(Array(bytes(bitWidth / 8)))
        case .date32, .date64, .time, .timestamp, .duration: return String(signed(row, type.fixedBitWidth! / 8))
        case .interval(.yearMonth): return "(\(signed(row, 4)))"
        case .interval(.dayTime): return "(\(signed(2 * row, 4)) \(signed(2 * row + 1, 4)))"
        case .interval(.monthDayNano):
            return "(\(signed(4 * row, 4)) \(signed(4 * row + 1, 4)) \(signed(2 * row + 1, 8)))"
        case .fixedSizeBinary(let byteWidth): return ColumnText.hex(bytes(byteWidth))
        case .utf8, .binary: return ColumnText.hex(buffers[2][offsets(4)])
        case .largeUtf8, .largeBinary: return ColumnText.hex(buffers[2][offsets(8)])
        case .utf8View, .binaryView: return ColumnText.hex(viewed)
        case .list: return list(offsets(4))
        case .largeList: return list(offsets(8))
        case .listView: return list(sized(4))
        case .largeListView: return list(sized(8))
        case .fixedSizeList(_, let count): return list(row * count..<(row + 1) * count)
        case .structure: return "{" + children.map { $0[row] }.joined(separator: ",") + "}"
        case .map:
            return "<" + offsets(4).map { children[0][$0] + ":" + children[1][$0] }.joined(separator: ",") + ">"
        case .dictionary(let bitWidth, let isSigned, _, _):
            return children[0][isSigned ? Int(signed(row, bitWidth / 8)) : Int(unsigned(row, bitWidth / 8))]
        }
    }

    private func bytes(_ byteWidth: Int) -> ArraySlice<UInt8> { buffers[1][row * byteWidth..<(row + 1) * byteWidth] }

    private func unsigned(_ position: Int, _ byteWidth: Int, buffer: Int = 1) -> UInt64 {
        (0..<byteWidth).reduce(0) { $0 | UInt64(buffers[buffer][position * byteWidth + $1]) << (8 * $1) }
    }

    private func signed(_ position: Int, _ byteWidth: Int) -> Int64 {
        Int64(bitPattern: unsigned(position, byteWidth) << (64 - 8 * byteWidth)) >> (64 - 8 * byteWidth)
    }

    private func offsets(_ byteWidth: Int) -> Range<Int> {
        Int(unsigned(row, byteWidth))..<Int(unsigned(row + 1, byteWidth))
    }

    private func sized(_ byteWidth: Int) -> Range<Int> {
        let start = Int(unsigned(row, byteWidth))
        return start..<start + Int(unsigned(row, byteWidth, buffer: 2))
    }

    private func list(_ rows: Range<Int>) -> String { "[" + children[0][rows].joined(separator: ",") + "]" }

    private var viewed: ArraySlice<UInt8> {
        let count = Int(unsigned(4 * row, 4))
        if count <= 12 { return buffers[1][16 * row + 4..<16 * row + 4 + count] }
        let start = Int(unsigned(4 * row + 3, 4))
        return buffers[2 + Int(unsigned(4 * row + 2, 4))][start..<start + count]
    }
}
