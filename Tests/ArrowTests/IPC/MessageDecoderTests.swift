import Randomness
import Bytes
import Testing

@testable import Arrow

@Suite("IPC metadata from outside")
struct MessageDecoderTests {
    @Test func schemaSurvives() throws {
        let message = try MessageDecoder(MessageEncoder.schema(everySchema))
        #expect(message.kind == .schema)
        #expect(message.bodyByteCount == 0)
        #expect(try message.schema() == everySchema)
    }

    @Test(arguments: [nil, BodyCodec.lz4Frame, .zstd])
    func batchSurvives(_ codec: BodyCodec?) throws {
        let message = try MessageDecoder(MessageEncoder.recordBatch(smallBatch, compression: codec))
        let (batch, compression) = try message.recordBatch(body: smallBatch.body[0])
        #expect(batch.rowCount == 3)
        #expect(batch.nodes == smallBatch.nodes)
        #expect(batch.buffers == smallBatch.buffers)
        #expect(compression == codec)
        #expect(batch.body[0].block === smallBatch.body[0].block)
    }

    @Test func nestedBatchSurvives() throws {
        let message = try MessageDecoder(MessageEncoder.recordBatch(nestedBatch))
        let (batch, _) = try message.recordBatch(body: nestedBatch.body[0])
        #expect(batch.nodes == nestedBatch.nodes)
        #expect(batch.nodes.contains { $0.length != batch.rowCount })
        #expect(batch.buffers == nestedBatch.buffers)
        #expect(batch.variadicBufferCounts == [1, 0, 2])
    }

    @Test(arguments: [[-1, 0, 0], [Int.max, 0, 0]]) func countsOfViewBuffersAreChecked(_ counts: [Int]) throws {
        var batch = nestedBatch
        batch.variadicBufferCounts = counts
        #expect(throws: ArrowError.malformed(table: "RecordBatch", field: "variadicBufferCounts", .badValue)) {
            try MessageDecoder(MessageEncoder.recordBatch(batch)).recordBatch(body: nestedBatch.body[0])
        }
    }

    /// By hand, after the FlatBuffers specification: a Message of version V5 whose header is an empty Schema.
    static let vector: [UInt8] = [
        0x10, 0, 0, 0,  // The root table is at 16.
        0, 0,  // Padding.
        0x0a, 0, 0x0c, 0,  // Vtable at 6: 10 bytes long, of a table of 12 bytes,
        0x04, 0, 0x06, 0, 0x08, 0,  // version at 4, header_type at 6, header at 8.
        0x0a, 0, 0, 0,  // Table at 16: its vtable is 10 bytes back.
        0x04, 0, 0x01, 0,  // Version V5; header type Schema, and padding.
        0x08, 0, 0, 0,  // The header is 8 bytes further, at 32.
        0x04, 0, 0x04, 0,  // Vtable at 28: 4 bytes long, of a table of 4 bytes.
        0x04, 0, 0, 0,  // Table at 32: its vtable is 4 bytes back.
    ]

    @Test func readsTheVector() throws {
        let message = try MessageDecoder(Self.vector)
        #expect(message.kind == .schema)
        #expect(try message.schema() == Schema(fields: []))
    }

    @Test func everyTruncationIsAnErrorOrTheSame() throws {
        let schema = MessageEncoder.schema(mixedSchema)
        for count in schema.indices {
            let told = try? MessageDecoder(Array(schema.prefix(count))).schema()
            #expect(told == nil || told == mixedSchema)
        }
        for message in [MessageEncoder.recordBatch(nestedBatch), MessageEncoder.dictionaryBatch(nestedDictionary)] {
            for count in message.indices { look(Array(message.prefix(count))) }
        }
    }

    @Test func flippedBitsNeverTrap() throws {
        var random = SeededRandom(seed: 42)
        let messages = [
            MessageEncoder.schema(mixedSchema), MessageEncoder.recordBatch(nestedBatch, compression: .zstd),
            MessageEncoder.recordBatch(nestedBatch), MessageEncoder.dictionaryBatch(nestedDictionary),
        ]
        for message in messages {
            for position in message.indices {
                var changed = message
                changed[position] = UInt8.random(in: 0...255, using: &random)
                look(changed)
                changed[position] = 0xff
                look(changed)
            }
            for _ in 0..<2000 {
                var changed = message
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    changed[Int.random(in: changed.indices, using: &random)] ^=
                        1 << UInt8.random(in: 0...7, using: &random)
                }
                look(changed)
            }
        }
    }

    /// Reads all there is; any answer but a trap will do.
    private func look(_ bytes: [UInt8]) {
        guard let message = try? MessageDecoder(bytes) else { return }
        var dictionaries = Dictionaries(of: nestedSchema)
        switch message.kind {
        case .schema:
            if let ids = try? message.dictionaryIDs(), let schema = try? message.schema() {
                _ = Dictionaries(of: schema, ids: ids)
            }
        case .dictionaryBatch:
            guard let part = try? message.dictionaryBatch(body: nestedDictionary.values.body[0]) else { return }
            try? dictionaries.take(part.dictionary, isDelta: part.isDelta, compression: part.compression)
            readAll(nestedBatch, nil, dictionaries)
        case .recordBatch:
            try? dictionaries.take(nestedDictionary, compression: nil)
            guard let (batch, codec) = try? message.recordBatch(body: nestedBatch.body[0]) else { return }
            readAll(batch, codec, dictionaries)
        }
    }

    @Test func sharedNestingIsBounded() throws {
        // Each level is a structure of the one below, twice: 40 levels describe 2^40 fields.
        var writer = FlatBufferWriter()
        let type = writer.table([])
        let name = writer.string("f")
        var field = writer.table([.offset(name), nil, .int8(TypeKind.utf8.rawValue), .offset(type)])
        for _ in 0..<40 {
            let children = writer.vector([field, field])
            field = writer.table([
                .offset(name), nil, .int8(TypeKind.structure.rawValue), .offset(type), nil, .offset(children),
            ])
        }
        let fields = writer.vector([field])
        let schema = writer.table([nil, .offset(fields)])
        let root = writer.table([.int16(metadataVersion), .int8(1), .offset(schema)])
        let bytes = writer.finish(root: root)
        #expect(throws: ArrowError.self) { try MessageDecoder(bytes).schema() }
    }

    @Test func sharedChildrenAreBounded() throws {
        // 20,000 fields that are all the same table with a name of 20,000 bytes: 100 kB that describe 400 MB.
        var writer = FlatBufferWriter()
        let type = writer.table([])
        let name = writer.string(String(repeating: "x", count: 20_000))
        let field = writer.table([.offset(name), nil, .int8(TypeKind.utf8.rawValue), .offset(type)])
        let fields = writer.vector([FlatBufferWriter.Position](repeating: field, count: 20_000))
        let schema = writer.table([nil, .offset(fields)])
        let root = writer.table([.int16(metadataVersion), .int8(1), .offset(schema)])
        let bytes = writer.finish(root: root)
        #expect(throws: ArrowError.malformed(table: "Field", field: "name", .tooLarge)) {
            try MessageDecoder(bytes).schema()
        }
    }

    @Test func errorsNameTableAndField() throws {
        var batch = smallBatch
        batch.buffers[1].count = 1 << 40
        #expect(throws: ArrowError.malformed(table: "Buffer", field: "offset", .outOfBounds)) {
            try MessageDecoder(MessageEncoder.recordBatch(batch)).recordBatch(body: smallBatch.body[0])
        }
        batch = smallBatch
        batch.nodes[0].nullCount = 4
        #expect(throws: ArrowError.malformed(table: "FieldNode", field: "null_count", .badValue)) {
            try MessageDecoder(MessageEncoder.recordBatch(batch)).recordBatch(body: smallBatch.body[0])
        }
        #expect(throws: ArrowError.malformed(table: "Message", field: "bodyLength", .badValue)) {
            try MessageDecoder(MessageEncoder.recordBatch(smallBatch)).recordBatch(body: Slice(copying: []))
        }
        #expect(throws: ArrowError.malformed(table: "Message", field: "root", .outOfBounds)) { try MessageDecoder([]) }
    }

    /// `Schema.fbs`: Union and RunEndEncoded.
    @Test(arguments: [14, 22] as [Int8]) func otherTypesAreUnsupported(_ code: Int8) throws {
        #expect(throws: ArrowError.unsupported("column tags of the type with number \(code)")) {
            try MessageDecoder(otherSchemaMessage(code)).schema()
        }
    }
}

/// The message of a schema with one column of a type that is not read here.
func otherSchemaMessage(_ code: Int8 = 14) -> [UInt8] {
    var writer = FlatBufferWriter()
    let name = writer.string("tags")
    let type = writer.table([])
    let field = writer.table([.offset(name), .bool(true), .int8(code), .offset(type)])
    let fields = writer.vector([field])
    let schema = writer.table([nil, .offset(fields)])
    let root = writer.table([.int16(metadataVersion), .int8(1), .offset(schema), .int64(0)])
    return writer.finish(root: root)
}
