import Testing

@testable import Arrow

@Suite("Dictionaries of a stream")
struct DictionariesTests {
    private static let type = DataType.dictionary(indexBitWidth: 8, isSigned: true, value: .utf8, isOrdered: false)
    private static let schema = Schema(fields: [
        Field(name: "a", type: type, isNullable: true), Field(name: "b", type: type, isNullable: true),
    ])
    /// The indices 0, 1, 2 in both columns.
    private static let batch = makeBatch(rowCount: 3, [.numbers([0, 1, 2] as [Int8]), .numbers([2, 1, 0] as [Int8])])

    private func dictionary(_ id: Int, _ texts: [String?]) -> RecordBatch.Dictionary {
        RecordBatch.Dictionary(id: id, values: makeBatch(rowCount: texts.count, [.texts(texts)]))
    }

    private func texts(_ dictionaries: Dictionaries) throws -> [[String?]] {
        let reader = try BatchReader(
            Self.batch, compression: nil, schema: Self.schema, dictionaries: dictionaries)
        return try reader.columns.map { column in try (0..<3).map { try column.text(at: $0) } }
    }

    @Test func aLaterOneTakesItsPlace() throws {
        var dictionaries = Dictionaries(of: Self.schema)
        try dictionaries.take(dictionary(0, ["old", "old", "old"]), compression: nil)
        try dictionaries.take(dictionary(1, ["x", "y", "z"]), compression: nil)
        try dictionaries.take(dictionary(0, ["a", nil, "c"]), compression: nil)
        #expect(try texts(dictionaries) == [["a", nil, "c"], ["z", "y", "x"]])
    }

    @Test func aDeltaComesBehind() throws {
        var dictionaries = Dictionaries(of: Self.schema)
        try dictionaries.take(dictionary(0, ["a"]), compression: nil)
        try dictionaries.take(dictionary(0, []), isDelta: true, compression: nil)
        try dictionaries.take(dictionary(0, ["b", "c"]), isDelta: true, compression: nil)
        try dictionaries.take(dictionary(1, ["x", "y", "z"]), isDelta: true, compression: nil)
        #expect(try texts(dictionaries) == [["a", "b", "c"], ["z", "y", "x"]])
    }

    @Test func columnsMayShareOne() throws {
        var dictionaries = Dictionaries(of: Self.schema, ids: [-5, -5])
        try dictionaries.take(dictionary(-5, ["a", "b", "c"]), compression: nil)
        #expect(try texts(dictionaries) == [["a", "b", "c"], ["c", "b", "a"]])
    }

    @Test func oneThatDidNotComeIsMissedOnlyWhereAValueIs() throws {
        let dictionaries = Dictionaries(of: Self.schema)
        #expect(throws: ArrowError.malformed(table: "DictionaryBatch", field: "id", .missing)) {
            try texts(dictionaries)
        }
        let nulls = SampleArray(length: 1, nullCount: 1, buffers: [[0], [0]])
        let reader = try BatchReader(
            makeBatch(rowCount: 1, [nulls, nulls]), compression: nil, schema: Self.schema, dictionaries: dictionaries)
        #expect(try reader.columns[0].text(at: 0) == nil)
    }

    @Test func anUnknownIdIsAnError() {
        var dictionaries = Dictionaries(of: Self.schema)
        #expect(throws: ArrowError.malformed(table: "DictionaryBatch", field: "id", .badValue)) {
            try dictionaries.take(dictionary(2, []), compression: nil)
        }
    }

    @Test func valuesMustFitTheirType() {
        var dictionaries = Dictionaries(of: Self.schema)
        let numbers = RecordBatch.Dictionary(id: 0, values: makeBatch(rowCount: 1, [.numbers([1] as [Int8])]))
        #expect(throws: ArrowError.malformed(table: "RecordBatch", field: "buffers", .badValue)) {
            try dictionaries.take(numbers, compression: nil)
        }
    }

    @Test func valuesMayHoldDictionariesInside() throws {
        let inner = Field(name: "inner", type: Self.type, isNullable: true)
        let outer = DataType.dictionary(
            indexBitWidth: 8, isSigned: true, value: .structure([inner]), isOrdered: false)
        let schema = Schema(fields: [
            Field(name: "outer", type: outer, isNullable: true),
            Field(name: "after", type: Self.type, isNullable: true),
        ])
        var dictionaries = Dictionaries(of: schema)
        try dictionaries.take(dictionary(1, ["in"]), compression: nil)
        try dictionaries.take(dictionary(2, ["behind"]), compression: nil)
        let structures = SampleArray(length: 1, buffers: [[]], children: [.numbers([0] as [Int8])])
        try dictionaries.take(
            RecordBatch.Dictionary(id: 0, values: makeBatch(rowCount: 1, [structures])), compression: nil)
        let batch = makeBatch(rowCount: 1, [.numbers([0] as [Int8]), .numbers([0] as [Int8])])
        let reader = try BatchReader(batch, compression: nil, schema: schema, dictionaries: dictionaries)
        #expect(try reader.columns.map { try $0.text(at: 0) } == ["{inner: \"in\"}", "behind"])
    }
}
