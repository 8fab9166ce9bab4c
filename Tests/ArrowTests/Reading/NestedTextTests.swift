import Bytes
import Randomness
import Testing

@testable import Arrow

@Suite("Nested values and dictionaries as text")
struct NestedTextTests {
    private func dictionaries() throws -> Dictionaries {
        var dictionaries = Dictionaries(of: nestedSchema)
        try dictionaries.take(nestedDictionary, compression: nil)
        try dictionaries.take(deepDictionary, compression: nil)
        return dictionaries
    }

    /// One column alone, with its buffers, nodes or children changed.
    private func text(
        _ type: DataType, _ array: SampleArray, row: Int = 0, byteLimit: Int = .max
    ) throws -> String? {
        let schema = Schema(fields: [Field(name: "c", type: type, isNullable: true)])
        var dictionaries = Dictionaries(of: schema)
        if type.dictionaryCount > 0 { try dictionaries.take(nestedDictionary, compression: nil) }
        let batch = makeBatch(rowCount: array.length, [array])
        let reader = try BatchReader(batch, compression: nil, schema: schema, dictionaries: dictionaries)
        return try reader.columns[0].text(at: row, byteLimit: byteLimit)
    }

    @Test(arguments: [nil, BodyCodec.lz4Frame, .zstd])
    func everyLayoutIsRead(_ codec: BodyCodec?) throws {
        var batch = nestedBatch
        batch.dictionaries = [nestedDictionary, deepDictionary]
        let sent =
            codec.map { BodyCompressor(codec: $0, pool: BlockPool(idleLimitByteCount: 0)).compress(batch) } ?? batch
        let schemaMessage = try MessageDecoder(MessageEncoder.schema(nestedSchema))
        let schema = try schemaMessage.schema()
        var dictionaries = Dictionaries(of: schema, ids: try schemaMessage.dictionaryIDs())
        for dictionary in sent.dictionaries {
            let message = try MessageDecoder(MessageEncoder.dictionaryBatch(dictionary, compression: codec))
            let (received, isDelta, compression) = try message.dictionaryBatch(body: dictionary.values.body[0])
            try dictionaries.take(received, isDelta: isDelta, compression: compression)
        }
        let message = try MessageDecoder(MessageEncoder.recordBatch(sent, compression: codec))
        let (received, compression) = try message.recordBatch(body: sent.body[0])
        let reader = try BatchReader(received, compression: compression, schema: schema, dictionaries: dictionaries)
        for (column, expected) in zip(reader.columns, nestedColumns) {
            #expect(try (0..<3).map { try column.text(at: $0) ?? "null" } == expected.texts, "\(expected.type)")
        }
    }

    @Test func textEndsAtTheLimit() throws {
        // Few bytes that speak of 2^31 - 1 nulls, in rows that all show the same.
        let many = Int(Int32.max)
        let array = SampleArray(
            length: 1, buffers: [[], littleEndian([0 as Int32]), littleEndian([Int32.max])],
            children: [SampleArray(length: many, buffers: [])])
        let item = Field(name: "item", type: .null, isNullable: true)
        #expect(try text(.listView(item), array, byteLimit: 10) == "[null, null, ")
        let fixed = SampleArray(length: 1, buffers: [[]], children: [SampleArray(length: many, buffers: [])])
        #expect(try text(.fixedSizeList(item, count: many), fixed, byteLimit: 2) == "[null, ")
        // A long text inside is cut as well.
        let texts = SampleArray(
            length: 1, buffers: [[], littleEndian([0, 1] as [Int32])], children: [.texts(["abcdef"])])
        #expect(try text(.list(Field(name: "item", type: .utf8, isNullable: true)), texts, byteLimit: 4) == "[\"abc\"]")
    }

    @Test func damagedBodiesNeverTrap() throws {
        var random = SeededRandom(seed: 11)
        func damaged(_ batch: RecordBatch) -> RecordBatch {
            var bytes = batch.body[0].copiedBytes()
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
            }
            var changed = batch
            changed.body = [Slice(copying: bytes)]
            return changed
        }
        for _ in 0..<2000 {
            var dictionaries = Dictionaries(of: nestedSchema)
            let values = damaged(nestedDictionary.values)
            try dictionaries.take(RecordBatch.Dictionary(id: 0, values: values), compression: nil)
            try dictionaries.take(RecordBatch.Dictionary(id: 1, values: values), compression: nil)
            readAll(damaged(nestedBatch), nil, dictionaries)
        }
    }

    // MARK: What leads out of bounds

    @Test func offsetsOfListsAreChecked() throws {
        let item = Field(name: "item", type: .integer(bitWidth: 8, isSigned: true), isNullable: true)
        for offsets in [[0, 4], [2, 1], [-1, 2], [4, 4]] as [[Int64]] {
            for type in [DataType.list(item), .largeList(item)] {
                let bytes = type == .list(item) ? littleEndian(offsets.map { Int32($0) }) : littleEndian(offsets)
                let array = SampleArray(length: 1, buffers: [[], bytes], children: [.numbers([1, 2, 3] as [Int8])])
                #expect(throws: ArrowError.malformedBuffer(column: "c", buffer: 1, .badValue)) { try text(type, array) }
            }
        }
        let large = SampleArray(
            length: 1, buffers: [[], littleEndian([0, Int64.max])], children: [.numbers([1, 2, 3] as [Int8])])
        #expect(throws: ArrowError.self) { try text(.largeList(item), large) }
    }

    @Test func offsetsAndSizesOfListViewsAreChecked() throws {
        let item = Field(name: "item", type: .integer(bitWidth: 8, isSigned: true), isNullable: true)
        for (offset, size, buffer) in [(4, 0, 1), (-1, 1, 1), (1, 3, 2), (0, -1, 2), (.max, .max, 1), (1, .max, 2)]
            as [(Int64, Int64, Int)]
        {
            let array = SampleArray(
                length: 1, buffers: [[], littleEndian([offset]), littleEndian([size])],
                children: [.numbers([1, 2, 3] as [Int8])])
            #expect(throws: ArrowError.malformedBuffer(column: "c", buffer: buffer, .badValue)) {
                try text(.largeListView(item), array)
            }
        }
    }

    @Test func viewsAreChecked() throws {
        // Length, prefix, buffer, offset.
        for view in [
            [-1, 0, 0, 0], [20, 0, 0, 1], [20, 0, 1, 0], [20, 0, -1, 0], [13, 0, 0, -1], [.max, 0, 0, .max],
        ]
            as [[Int32]]
        {
            let array = SampleArray(
                length: 1, buffers: [[], littleEndian(view), [UInt8](repeating: 65, count: 20)], viewDataCount: 1)
            #expect(throws: ArrowError.malformedBuffer(column: "c", buffer: 1, .badValue)) {
                try text(.utf8View, array)
            }
        }
    }

    @Test func indicesAreChecked() throws {
        let type = DataType.dictionary(indexBitWidth: 64, isSigned: false, value: .utf8, isOrdered: false)
        for index in [2, .max, UInt64(Int64.max)] as [UInt64] {
            #expect(throws: ArrowError.malformedBuffer(column: "c", buffer: 1, .badValue)) {
                try text(type, .numbers([index]))
            }
        }
        let signed = DataType.dictionary(indexBitWidth: 8, isSigned: true, value: .utf8, isOrdered: false)
        #expect(throws: ArrowError.malformedBuffer(column: "c", buffer: 1, .badValue)) {
            try text(signed, .numbers([-1] as [Int8]))
        }
    }

    @Test func childrenMustBeLongEnough() throws {
        let child = Field(name: "a", type: .boolean, isNullable: true)
        let short = SampleArray(length: 2, buffers: [[]], children: [SampleArray(length: 1, buffers: [[], [0]])])
        for type in [DataType.structure([child]), .fixedSizeList(child, count: 1)] {
            #expect(throws: ArrowError.malformed(table: "FieldNode", field: "length", .badValue)) {
                try text(type, short)
            }
        }
    }

    @Test func columnsMustHaveTheRowsOfTheBatch() throws {
        var batch = smallBatch
        batch.nodes[1].length = 2
        batch.nodes[1].nullCount = 0
        #expect(throws: ArrowError.malformed(table: "FieldNode", field: "length", .badValue)) {
            try BatchReader(batch, compression: nil, schema: smallSchema)
        }
    }

    @Test func countsOfViewBuffersMustFitTheSchema() throws {
        for counts in [[], [1, 0], [1, 0, 2, 0], [1, 0, 3]] {
            var batch = nestedBatch
            batch.variadicBufferCounts = counts
            #expect(throws: ArrowError.self) { try BatchReader(batch, compression: nil, schema: nestedSchema) }
        }
    }
}
