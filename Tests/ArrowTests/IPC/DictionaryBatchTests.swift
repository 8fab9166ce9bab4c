import Bytes
import Testing

@testable import Arrow

@Suite("Dictionary batches")
struct DictionaryBatchTests {
    /// Two nulls as dictionary 7, with a count of view buffers that nothing asks for.
    private static let dictionary = RecordBatch.Dictionary(
        id: 7,
        values: RecordBatch(
            rowCount: 2, nodes: [RecordBatch.Node(length: 2, nullCount: 2)], buffers: [], variadicBufferCounts: [3],
            body: []))

    @Test func writesTheVector() {
        #expect(
            MessageEncoder.dictionaryBatch(Self.dictionary) == [
                0x14, 0, 0, 0,  // The root table is at 20.
                0, 0, 0, 0,  // Padding.
                0x0c, 0, 0x16, 0,  // Vtable at 8: 12 bytes, of a table of 22 bytes,
                0x06, 0, 0x05, 0, 0x08, 0, 0x0c, 0,  // version at 6, header_type at 5, header at 8, bodyLength at 12.
                0x0c, 0, 0, 0,  // Message at 20: its vtable is 12 bytes back.
                0, 0x02, 0x04, 0,  // DictionaryBatch; V5.
                0x18, 0, 0, 0,  // The header is 24 bytes further, at 52.
                0, 0, 0, 0, 0, 0, 0, 0,  // No body.
                0, 0,  // Padding.
                0x0a, 0, 0x16, 0,  // Vtable at 42: 10 bytes, of a table of 22 bytes,
                0x0c, 0, 0x08, 0, 0x07, 0,  // id at 12, data at 8, isDelta at 7.
                0x0a, 0, 0, 0,  // DictionaryBatch at 52: its vtable is 10 bytes back.
                0, 0, 0, 0,  // Padding; no delta.
                0x1c, 0, 0, 0,  // The data is 28 bytes further, at 88.
                0x07, 0, 0, 0, 0, 0, 0, 0,  // Id 7.
                0, 0,  // Padding.
                0x0e, 0, 0x1c, 0,  // Vtable at 74: 14 bytes, of a table of 28 bytes,
                0x10, 0, 0x0c, 0, 0x08, 0,  // length at 16, nodes at 12, buffers at 8,
                0, 0, 0x04, 0,  // no compression, variadicBufferCounts at 4.
                0x0e, 0, 0, 0,  // RecordBatch at 88: its vtable is 14 bytes back.
                0x38, 0, 0, 0,  // The counts are 56 bytes further, at 148.
                0x2c, 0, 0, 0,  // The buffers are 44 bytes further, at 140.
                0x10, 0, 0, 0,  // The nodes are 16 bytes further, at 116.
                0x02, 0, 0, 0, 0, 0, 0, 0,  // Two values.
                0, 0, 0, 0,  // Padding.
                0x01, 0, 0, 0,  // One node:
                0x02, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,  // two values, two nulls.
                0, 0, 0, 0,  // Padding.
                0, 0, 0, 0, 0, 0, 0, 0,  // No buffer, and padding.
                0x01, 0, 0, 0,  // One count:
                0x03, 0, 0, 0, 0, 0, 0, 0,  // three.
            ])
    }

    @Test func countsNobodyAsksForAreAnError() throws {
        let schema = Schema(fields: [
            Field(
                name: "d", type: .dictionary(indexBitWidth: 8, isSigned: true, value: .null, isOrdered: false),
                isNullable: true)
        ])
        var dictionaries = Dictionaries(of: schema, ids: [7])
        #expect(throws: ArrowError.malformed(table: "RecordBatch", field: "variadicBufferCounts", .badValue)) {
            try dictionaries.take(Self.dictionary, compression: nil)
        }
    }

    @Test(arguments: [nil, BodyCodec.lz4Frame, .zstd])
    func survives(_ codec: BodyCodec?) throws {
        let sent = RecordBatch.Dictionary(id: 77, values: nestedDictionary.values)
        let message = try MessageDecoder(MessageEncoder.dictionaryBatch(sent, compression: codec))
        #expect(message.kind == .dictionaryBatch)
        #expect(message.bodyByteCount == sent.values.bodyByteCount)
        let (dictionary, isDelta, compression) = try message.dictionaryBatch(body: sent.values.body[0])
        #expect(dictionary.id == 77)
        #expect(dictionary.values.rowCount == 2)
        #expect(dictionary.values.nodes == sent.values.nodes)
        #expect(dictionary.values.buffers == sent.values.buffers)
        #expect(!isDelta)
        #expect(compression == codec)
    }

    @Test func oneWithoutValuesIsAnError() throws {
        var writer = FlatBufferWriter()
        let dictionary = writer.table([.int64(3), nil, .bool(true)])
        let root = writer.table([.int16(metadataVersion), .int8(2), .offset(dictionary)])
        let message = try MessageDecoder(writer.finish(root: root))
        #expect(try message.dictionaryID() == (3, true))
        #expect(throws: ArrowError.malformed(table: "DictionaryBatch", field: "data", .missing)) {
            try message.dictionaryBatch(body: Slice(copying: []))
        }
    }
}
