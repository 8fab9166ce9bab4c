import Bytes

@testable import Arrow

/// One column with the texts of its three rows, the second of which is null.
struct NestedColumn: Sendable {
    let type: DataType
    let array: SampleArray
    let texts: [String]

    /// A row that is null in a bitmap of three.
    static let validity: [UInt8] = [0b101]

    init(_ type: DataType, _ array: SampleArray, _ texts: [String]) {
        self.type = type
        self.array = array
        self.texts = texts
    }

    static func item(_ type: DataType) -> Field { Field(name: "item", type: type, isNullable: true) }

    static func array(_ buffers: [[UInt8]], _ children: [SampleArray] = [], viewDataCount: Int? = nil) -> SampleArray {
        SampleArray(
            length: 3, nullCount: 1, buffers: [validity] + buffers, viewDataCount: viewDataCount, children: children)
    }
}

private let int32 = DataType.integer(bitWidth: 32, isSigned: true)
private let int8 = DataType.integer(bitWidth: 8, isSigned: true)
private let int16 = DataType.integer(bitWidth: 16, isSigned: true)
private let long = "longer than twelve"

/// A view: the length, then up to twelve bytes, or four of them, the buffer and the offset.
private func view(_ text: String, buffer: Int32 = 0, offset: Int32 = 0) -> [UInt8] {
    let bytes = Array(text.utf8)
    let head = littleEndian([Int32(bytes.count)])
    guard bytes.count > 12 else { return head + bytes + [UInt8](repeating: 0, count: 12 - bytes.count) }
    return head + bytes.prefix(4) + littleEndian([buffer, offset])
}

private let entries = Field(
    name: "entries",
    type: .structure([
        Field(name: "key", type: .utf8, isNullable: false), Field(name: "value", type: int32, isNullable: true),
    ]), isNullable: false)

/// The value 300 is in the second of two entries' lists: a map of a list of dictionary indices.
private let deepEntries = Field(
    name: "entries",
    type: .structure([
        Field(name: "key", type: int8, isNullable: false),
        Field(
            name: "value",
            type: .list(
                NestedColumn.item(.dictionary(indexBitWidth: 16, isSigned: false, value: .utf8, isOrdered: false))),
            isNullable: true),
    ]), isNullable: false)

/// Every layout that has children, views, wide offsets or a dictionary.
let nestedColumns: [NestedColumn] = [
    NestedColumn(
        .list(NestedColumn.item(int32)),
        NestedColumn.array([littleEndian([0, 2, 2, 2] as [Int32])], [.numbers([1, -2] as [Int32])]),
        ["[1, -2]", "null", "[]"]),
    NestedColumn(
        .largeList(NestedColumn.item(.utf8)),
        NestedColumn.array([littleEndian([0, 2, 2, 3] as [Int64])], [.texts(["a\"b", nil, ""])]),
        ["[\"a\\\"b\", null]", "null", "[\"\"]"]),
    NestedColumn(
        .listView(NestedColumn.item(int8)),
        NestedColumn.array(
            [littleEndian([1, 0, 0] as [Int32]), littleEndian([2, 0, 3] as [Int32])], [.numbers([1, 2, 3] as [Int8])]),
        ["[2, 3]", "null", "[1, 2, 3]"]),
    NestedColumn(
        .largeListView(NestedColumn.item(int8)),
        NestedColumn.array(
            [littleEndian([1, 0, 0] as [Int64]), littleEndian([2, 0, 3] as [Int64])], [.numbers([1, 2, 3] as [Int8])]),
        ["[2, 3]", "null", "[1, 2, 3]"]),
    NestedColumn(
        .fixedSizeList(NestedColumn.item(int16), count: 2),
        NestedColumn.array([], [.numbers([1, 2, 0, 0, 5, 6] as [Int16])]), ["[1, 2]", "null", "[5, 6]"]),
    NestedColumn(
        .structure([
            Field(name: "a", type: int32, isNullable: false), Field(name: "b", type: .utf8View, isNullable: true),
        ]),
        NestedColumn.array(
            [],
            [
                .numbers([1, 0, 3] as [Int32]),
                SampleArray(
                    length: 3, nullCount: 1,
                    buffers: [[0b110], view("") + view("x") + view(long, offset: 1), Array(("-" + long).utf8)],
                    viewDataCount: 1),
            ]),
        ["{a: 1, b: null}", "null", "{a: 3, b: \"\(long)\"}"]),
    NestedColumn(
        .map(entries: entries, isSorted: false),
        NestedColumn.array(
            [littleEndian([0, 1, 1, 3] as [Int32])],
            [
                SampleArray(
                    length: 3, buffers: [[]],
                    children: [
                        .texts(["k", "l", "m"]),
                        SampleArray(
                            length: 3, nullCount: 1, buffers: [[0b101], littleEndian([1, 0, 3] as [Int32])]),
                    ])
            ]),
        ["{\"k\": 1}", "null", "{\"l\": null, \"m\": 3}"]),
    NestedColumn(
        .dictionary(indexBitWidth: 8, isSigned: true, value: .utf8, isOrdered: false),
        NestedColumn.array([[1, 0xff, 0]]), ["only other", "null", "one of \"two\""]),
    NestedColumn(
        .map(entries: deepEntries, isSorted: true),
        NestedColumn.array(
            [littleEndian([0, 2, 2, 2] as [Int32])],
            [
                SampleArray(
                    length: 2, buffers: [[]],
                    children: [
                        .numbers([1, 2] as [Int8]),
                        SampleArray(
                            length: 2, nullCount: 1, buffers: [[0b10], littleEndian([0, 0, 2] as [Int32])],
                            children: [.numbers([1, 0] as [UInt16])]),
                    ])
            ]),
        ["{1: null, 2: [\"only other\", \"one of \\\"two\\\"\"]}", "null", "{}"]),
    NestedColumn(
        .largeUtf8, NestedColumn.array([littleEndian([0, 1, 1, 3] as [Int64]), Array("xyz".utf8)]), ["x", "null", "yz"]),
    NestedColumn(
        .largeBinary, NestedColumn.array([littleEndian([0, 1, 1, 3] as [Int64]), [1, 2, 0xff]]), ["01", "null", "02ff"]),
    NestedColumn(
        .utf8View, NestedColumn.array([view("twelve bytes") + view("") + view("")], viewDataCount: 0),
        ["twelve bytes", "null", ""]),
    NestedColumn(
        .binaryView,
        NestedColumn.array(
            [view("ab") + view("") + view(long, buffer: 1), Array("unused".utf8), Array(long.utf8)], viewDataCount: 2),
        ["6162", "null", "6c6f6e676572207468616e207477656c7665"]),
    NestedColumn(
        .structure([]), NestedColumn.array([]), ["{}", "null", "{}"]),
]

let nestedSchema = Schema(
    fields: nestedColumns.enumerated().map { Field(name: "c\($0)", type: $1.type, isNullable: true) })
let nestedBatch = makeBatch(rowCount: 3, nestedColumns.map(\.array))
/// Of the first dictionary-typed column; that of the second has other bytes.
let nestedDictionary = RecordBatch.Dictionary(
    id: 0, values: makeBatch(rowCount: 2, [.texts(["one of \"two\"", "only other"])]))
let deepDictionary = RecordBatch.Dictionary(
    id: 1, values: makeBatch(rowCount: 3, [.texts(["one of \"two\"", "only other", nil])]))

/// Looks at every value; errors do not matter.
func readAll(_ batch: RecordBatch, _ codec: BodyCodec?, _ dictionaries: Dictionaries) {
    guard
        let reader = try? BatchReader(batch, compression: codec, schema: nestedSchema, dictionaries: dictionaries)
    else { return }
    for row in 0..<min(reader.rowCount, 10) {
        for column in reader.columns { _ = try? column.text(at: row, byteLimit: 1000) }
    }
}
