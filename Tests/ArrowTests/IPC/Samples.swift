import Bytes

@testable import Arrow

/// Every type, in every variant that the format tells apart.
let everyType: [DataType] =
    [.null, .boolean, .date32, .utf8, .binary, .fixedSizeBinary(byteWidth: 5), .fixedSizeBinary(byteWidth: 0)]
    + [8, 16, 32, 64].flatMap { [.integer(bitWidth: $0, isSigned: true), .integer(bitWidth: $0, isSigned: false)] }
    + [16, 32, 64].map { .floatingPoint(bitWidth: $0) }
    + [.decimal(bitWidth: 128, precision: 38, scale: 10), .decimal(bitWidth: 256, precision: 76, scale: -3)]
    + [TimeUnit.second, .millisecond, .microsecond, .nanosecond].flatMap { unit -> [DataType] in
        [.time(unit), .timestamp(unit, timeZone: nil), .timestamp(unit, timeZone: "Europe/Zürich")]
    }

let everySchema = Schema(
    fields: everyType.enumerated().map { position, type in
        Field(
            name: "column \(position) ✓", type: type, isNullable: position.isMultiple(of: 2),
            metadata: position.isMultiple(of: 3)
                ? [KeyValue(key: "PARQUET:field_id", value: "\(position)"), KeyValue(key: "", value: "")] : [])
    })

/// A batch built from the bytes of its buffers, one list per column.
func makeBatch(rowCount: Int, nullCounts: [Int], buffers: [[UInt8]]) -> RecordBatch {
    var body: [UInt8] = []
    var places: [RecordBatch.Buffer] = []
    for buffer in buffers {
        places.append(RecordBatch.Buffer(offset: body.count, count: buffer.count))
        body += buffer + [UInt8](repeating: 0, count: -buffer.count & 63)
    }
    return RecordBatch(
        rowCount: rowCount, nodes: nullCounts.map { RecordBatch.Node(length: rowCount, nullCount: $0) },
        buffers: places, body: body.isEmpty ? [] : [Slice(copying: body)])
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
