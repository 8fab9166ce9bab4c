import Arrow
import Bytes
import Testing

@testable import Fleet

@Suite("Rows on the screen")
struct RowTableTests {
    private func batch() throws -> (BatchReader, Schema) {
        let schema = Schema(fields: [
            Field(name: "n", type: .integer(bitWidth: 8, isSigned: true), isNullable: true),
            Field(name: "text", type: .utf8, isNullable: true),
        ])
        let texts = ["a\u{1b}[2Jb", String(repeating: "é", count: 60), ""]
        var offsets: [UInt8] = [0, 0, 0, 0]
        var data: [UInt8] = []
        for text in texts {
            data += Array(text.utf8)
            offsets += [UInt8(data.count), 0, 0, 0]
        }
        var body: [UInt8] = []
        var buffers: [RecordBatch.Buffer] = []
        for buffer in [[0b101], [7, 0, UInt8(bitPattern: -100)], [0b011], offsets, data] {
            buffers.append(RecordBatch.Buffer(offset: body.count, count: buffer.count))
            body += buffer
        }
        let node = RecordBatch.Node(length: 3, nullCount: 1)
        let batch = RecordBatch(rowCount: 3, nodes: [node, node], buffers: buffers, body: [Slice(copying: body)])
        return (try BatchReader(batch, compression: nil, schema: schema), schema)
    }

    @Test func aligns() throws {
        let (batch, schema) = try batch()
        var table = RowTable(rowLimit: 10)
        try table.append(batch)
        #expect(!table.isFull)
        #expect(
            table.lines(of: schema) == [
                "   n  text",
                "----  ----------------------------------------",
                "   7  a\\u{1b}[2Jb",
                "null  " + String(repeating: "é", count: 39) + "…",
                "-100  null",
            ])
    }

    @Test func numbersOfADictionaryStandBelowEachOther() throws {
        let number = DataType.integer(bitWidth: 8, isSigned: true)
        let type = DataType.dictionary(indexBitWidth: 8, isSigned: true, value: number, isOrdered: false)
        let schema = Schema(fields: [Field(name: "d", type: type, isNullable: false)])
        func numbers(_ bytes: [UInt8]) -> RecordBatch {
            RecordBatch(
                rowCount: bytes.count, nodes: [RecordBatch.Node(length: bytes.count, nullCount: 0)],
                buffers: [
                    RecordBatch.Buffer(offset: 0, count: 0), RecordBatch.Buffer(offset: 0, count: bytes.count),
                ], body: [Slice(copying: bytes)])
        }
        var dictionaries = Dictionaries(of: schema)
        try dictionaries.take(RecordBatch.Dictionary(id: 0, values: numbers([7, 120])), compression: nil)
        var table = RowTable(rowLimit: 10)
        try table.append(
            BatchReader(numbers([1, 0]), compression: nil, schema: schema, dictionaries: dictionaries))
        #expect(table.lines(of: schema) == ["  d", "---", "120", "  7"])
    }

    @Test func stopsAtTheLimit() throws {
        let (batch, schema) = try batch()
        var table = RowTable(rowLimit: 4)
        try table.append(batch)
        try table.append(batch)
        #expect(table.isFull)
        #expect(table.lines(of: schema).count == 6)
        #expect(RowTable(rowLimit: 1).lines(of: Schema(fields: [])).isEmpty)
    }

    @Test func numbersAreReadable() {
        #expect(NumberText.short(9999) == "9999")
        #expect(NumberText.short(10_000) == "10.0 k")
        #expect(NumberText.short(1_999_999) == "1.9 M")
        #expect(NumberText.bytes(999) == "999 B")
        #expect(NumberText.bytes(.max) == "9.2 EB")
        #expect(NumberText.quotient(1, 3, digitCount: 3) == "0.333")
        #expect(NumberText.quotient(5, 0, digitCount: 1) == "5.0")
        #expect(NumberText.quotient(.max, .max - 1, digitCount: 2) == "1.00")
    }

    @Test func progressFitsOnOneLine() {
        let line = ProgressLine().text(rowCount: .max, byteCount: .max, nanoseconds: .max)
        #expect(line.count < 80)
        #expect(line.hasPrefix("[=====               ] 9.2 E rows"))
    }
}
