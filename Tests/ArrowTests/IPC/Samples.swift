import Bytes

@testable import Arrow

/// Every type without children, in every variant that the format tells apart.
let everyFlatType: [DataType] =
    [.null, .boolean, .date32, .date64, .fixedSizeBinary(byteWidth: 5), .fixedSizeBinary(byteWidth: 0)]
    + [.utf8, .largeUtf8, .utf8View, .binary, .largeBinary, .binaryView]
    + [8, 16, 32, 64].flatMap { [.integer(bitWidth: $0, isSigned: true), .integer(bitWidth: $0, isSigned: false)] }
    + [16, 32, 64].map { .floatingPoint(bitWidth: $0) }
    + [.decimal(bitWidth: 32, precision: 9, scale: 2), .decimal(bitWidth: 64, precision: 18, scale: 18)]
    + [.decimal(bitWidth: 128, precision: 38, scale: 10), .decimal(bitWidth: 256, precision: 76, scale: -3)]
    + [TimeUnit.second, .millisecond, .microsecond, .nanosecond].flatMap { unit -> [DataType] in
        [.time(unit), .timestamp(unit, timeZone: nil), .timestamp(unit, timeZone: "Europe/Zürich"), .duration(unit)]
    }
    + [IntervalUnit.yearMonth, .dayTime, .monthDayNano].map { .interval($0) }

/// Every way to put children below `type`, and dictionaries of it.
func everyTypeAround(_ type: DataType) -> [DataType] {
    let item = Field(
        name: "item", type: type, isNullable: true, metadata: [KeyValue(key: "PARQUET:field_id", value: "7")])
    let key = Field(name: "key", type: .utf8, isNullable: false)
    let entries = Field(name: "entries", type: .structure([key, item]), isNullable: false)
    var types: [DataType] = [
        .list(item), .largeList(item), .listView(item), .largeListView(item), .fixedSizeList(item, count: 3),
        .structure([item, key]), .map(entries: entries, isSorted: true), .map(entries: entries, isSorted: false),
    ]
    if case .dictionary = type { return types }
    for bitWidth in [8, 16, 32, 64] {
        for isSigned in [false, true] {
            types.append(
                .dictionary(indexBitWidth: bitWidth, isSigned: isSigned, value: type, isOrdered: bitWidth == 8))
        }
    }
    return types
}

/// Flat types and three levels of nested ones.
let everyType: [DataType] = {
    let first = everyFlatType.flatMap { everyTypeAround($0) }
    let second = everyTypeAround(.utf8).flatMap { everyTypeAround($0) }
    let third = everyTypeAround(.list(Field(name: "l", type: .date64, isNullable: false)))
        .flatMap { everyTypeAround($0) }
    return everyFlatType + first + second + third + [.structure([])]
}()

/// Fields with and without metadata, nullable and not.
func makeSchema(_ types: [DataType]) -> Schema {
    let fields = types.enumerated().map { position, type in
        Field(
            name: "column \(position) ✓", type: type, isNullable: position.isMultiple(of: 2),
            metadata: position.isMultiple(of: 3)
                ? [KeyValue(key: "PARQUET:field_id", value: "\(position)"), KeyValue(key: "", value: "")] : [])
    }
    return Schema(fields: fields, metadata: [KeyValue(key: "writer", value: "a test"), KeyValue(key: "", value: "✓")])
}

let everySchema = makeSchema(everyType)

/// Small enough for loops over all its bytes.
let mixedSchema = makeSchema(
    [.date64, .interval(.dayTime), .decimal(bitWidth: 32, precision: 9, scale: 2)]
        + everyTypeAround(.dictionary(indexBitWidth: 8, isSigned: false, value: .utf8View, isOrdered: true)))

/// One array of a batch by its parts.
struct SampleArray: Sendable {
    var length: Int
    var nullCount = 0
    var buffers: [[UInt8]]
    /// Of an array of views.
    var viewDataCount: Int?
    var children: [SampleArray] = []

    /// Fixed-width values without nulls.
    static func numbers<Number: FixedWidthInteger>(_ numbers: [Number]) -> SampleArray {
        SampleArray(length: numbers.count, buffers: [[], littleEndian(numbers)])
    }

    /// Texts with offsets of 32 bits.
    static func texts(_ texts: [String?]) -> SampleArray {
        var offsets: [Int32] = [0]
        var data: [UInt8] = []
        var validity = [UInt8](repeating: 0, count: (texts.count + 7) / 8)
        for (row, text) in texts.enumerated() {
            data += Array((text ?? "").utf8)
            offsets.append(Int32(data.count))
            if text != nil { validity[row / 8] |= 1 << UInt8(row % 8) }
        }
        return SampleArray(
            length: texts.count, nullCount: texts.count { $0 == nil }, buffers: [validity, littleEndian(offsets), data])
    }
}

/// A batch of arrays, each followed by its children.
func makeBatch(rowCount: Int, _ arrays: [SampleArray]) -> RecordBatch {
    var batch = RecordBatch(rowCount: rowCount, nodes: [], buffers: [], body: [])
    var body: [UInt8] = []
    func append(_ array: SampleArray) {
        batch.nodes.append(RecordBatch.Node(length: array.length, nullCount: array.nullCount))
        for buffer in array.buffers {
            batch.buffers.append(RecordBatch.Buffer(offset: body.count, count: buffer.count))
            body += buffer + [UInt8](repeating: 0, count: -buffer.count & 63)
        }
        if let count = array.viewDataCount { batch.variadicBufferCounts.append(count) }
        array.children.forEach(append)
    }
    arrays.forEach(append)
    if !body.isEmpty { batch.body = [Slice(copying: body)] }
    return batch
}

/// A batch of flat columns, built from the bytes of all their buffers.
func makeBatch(rowCount: Int, nullCounts: [Int], buffers: [[UInt8]]) -> RecordBatch {
    // Where one column's buffers end does not show in a batch.
    makeBatch(
        rowCount: rowCount,
        nullCounts.enumerated().map { position, nullCount in
            SampleArray(length: rowCount, nullCount: nullCount, buffers: position == 0 ? buffers : [])
        })
}

func littleEndian<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
    numbers.flatMap { number in (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
}

/// Three rows of a number and a text, the second row null in both.
let smallSchema = Schema(fields: [
    Field(name: "n", type: .integer(bitWidth: 32, isSigned: true), isNullable: true),
    Field(name: "s", type: .utf8, isNullable: true),
])
let smallBatch = makeBatch(
    rowCount: 3, nullCounts: [1, 1],
    buffers: [
        [0b101], littleEndian([7, 0, -9] as [Int32]),
        [0b101], littleEndian([0, 2, 2, 7] as [Int32]), Array("abcdefg".utf8),
    ])
