import Bytes
import Testing

@testable import Arrow

@Suite("IPC file")
struct FileWriterTests {
    /// Walks a file from its end, as a reader does, and gives the parts that its footer names.
    private func read(_ file: [UInt8]) throws -> (schema: FlatBufferTable, blocks: [(metadata: [UInt8], body: [UInt8])])
    {
        #expect(Array(file.prefix(8)) == Array("ARROW1".utf8) + [0, 0])
        #expect(Array(file.suffix(6)) == Array("ARROW1".utf8))
        let whole = FlatBuffer(file)
        let footerCount = Int(try #require(whole.integer(at: file.count - 10, as: Int32.self)))
        let footerStart = file.count - 10 - footerCount
        #expect(footerStart.isMultiple(of: 8))
        // The end of the stream stands before the footer.
        #expect(Array(file[footerStart - 8..<footerStart]) == [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])
        let footer = try FlatBuffer(Array(file[footerStart..<footerStart + footerCount])).root("Footer")
        #expect(try footer.integer(0, "version", default: Int16(0)) == metadataVersion)
        // A block is three words: offset, metadata length, body length; a vector of pairs cannot hold them.
        var blocks: [(metadata: [UInt8], body: [UInt8])] = []
        var position = 8
        while true {
            let count = Int(try #require(whole.integer(at: position + 4, as: Int32.self)))
            guard count > 0 else { break }
            let metadata = Array(file[position + 8..<position + 8 + count])
            let bodyCount = (try MessageDecoder(metadata).bodyByteCount + 7) & ~7
            let bodyStart = position + 8 + count
            #expect(bodyStart.isMultiple(of: 8))
            blocks.append((metadata, Array(file[bodyStart..<bodyStart + bodyCount])))
            position = bodyStart + bodyCount
        }
        #expect(position == footerStart - 8)
        return (try footer.requiredTable(1, "schema", "Schema"), blocks)
    }

    @Test func aReaderFindsEverything() throws {
        let schemaMessage = MessageEncoder.schema(smallSchema)
        var writer = try FileWriter(schemaMessage: schemaMessage)
        var slices = writer.begin()
        let metadata = MessageEncoder.recordBatch(smallBatch)
        for _ in 0..<2 {
            let part = try writer.append(metadata: metadata, body: smallBatch.body[0])
            #expect(part[1].block === smallBatch.body[0].block)
            slices += part
        }
        slices += writer.finish()
        let file = slices.flatMap { $0.copiedBytes() }
        #expect(writer.byteCount == file.count)
        let (schema, blocks) = try read(file)
        #expect(try schema.tables(1, "fields", of: "Field").count == 2)
        #expect(blocks.count == 3)
        #expect(blocks[2].body == smallBatch.body[0].copiedBytes())
        #expect(try MessageDecoder(blocks[0].metadata).schema() == smallSchema)
        #expect(try MessageDecoder(blocks[1].metadata).rowCount() == 3)
    }

    @Test func aBodyOfOddLengthIsPadded() throws {
        var writer = try FileWriter(schemaMessage: otherSchemaMessage())
        var slices = writer.begin()
        var batch = smallBatch
        batch.body = [smallBatch.body[0].extracting(0..<smallBatch.body[0].count - 3)]
        slices += try writer.append(metadata: MessageEncoder.recordBatch(batch), body: batch.body[0])
        slices += writer.finish()
        let (_, blocks) = try read(slices.flatMap { $0.copiedBytes() })
        #expect(blocks[1].body.count == smallBatch.body[0].count)
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let batch = MessageEncoder.recordBatch(smallBatch)
        #expect(throws: ArrowError.self) { try FileWriter(schemaMessage: batch) }
        var writer = try FileWriter(schemaMessage: MessageEncoder.schema(smallSchema))
        _ = writer.begin()
        let before = writer.byteCount
        #expect(throws: ArrowError.malformed(table: "Message", field: "bodyLength", .badValue)) {
            try writer.append(metadata: batch, body: Slice(copying: [1]))
        }
        #expect(writer.byteCount == before)
    }

    // MARK: Dictionaries

    private func message(_ dictionary: RecordBatch.Dictionary) -> (metadata: [UInt8], body: Slice) {
        (MessageEncoder.dictionaryBatch(dictionary), dictionary.values.body[0])
    }

    /// How many dictionaries and batches the footer names.
    private func counts(_ writer: inout FileWriter) throws -> [Int64] {
        let tail = writer.finish().flatMap { $0.copiedBytes() }
        let count = Int(try #require(FlatBuffer(tail).integer(at: tail.count - 10, as: Int32.self)))
        let footer = try FlatBuffer(Array(tail.suffix(10 + count).prefix(count))).root("Footer")
        // The first struct of three words is read as a pair; the count of structs is what matters here.
        return [
            Int64(try footer.pairs(2, "dictionaries")?.count ?? -1), Int64(try footer.pairs(3, "batches")?.count ?? -1),
        ]
    }

    private func nestedWriter() throws -> FileWriter {
        var writer = try FileWriter(schemaMessage: MessageEncoder.schema(nestedSchema))
        _ = writer.begin()
        return writer
    }

    @Test func aDictionaryThatComesAgainIsLeftOut() throws {
        var writer = try nestedWriter()
        let (metadata, body) = message(nestedDictionary)
        #expect(try !writer.append(metadata: metadata, body: body).isEmpty)
        _ = try writer.append(metadata: MessageEncoder.recordBatch(nestedBatch), body: nestedBatch.body[0])
        let before = writer.byteCount
        #expect(try writer.append(metadata: metadata, body: Slice(copying: body.copiedBytes())).isEmpty)
        #expect(writer.byteCount == before)
        #expect(try counts(&writer) == [1, 1])
    }

    @Test func aDictionaryMayNotChangeBetweenBatches() throws {
        var writer = try nestedWriter()
        let (metadata, body) = message(nestedDictionary)
        let changed = message(
            RecordBatch.Dictionary(id: 0, values: makeBatch(rowCount: 2, [.texts(["one of \"two\"", "only OTHER"])])))
        #expect(changed.metadata == metadata)
        // Nothing uses the first one yet.
        _ = try writer.append(metadata: metadata, body: body)
        _ = try writer.append(metadata: changed.metadata, body: changed.body)
        _ = try writer.append(metadata: MessageEncoder.recordBatch(nestedBatch), body: nestedBatch.body[0])
        let before = writer.byteCount
        #expect(throws: ArrowError.unsupported("an IPC file whose dictionary 0 changes between record batches")) {
            try writer.append(metadata: metadata, body: body)
        }
        #expect(writer.byteCount == before)
        // One of another id is new.
        let (otherMetadata, otherBody) = message(deepDictionary)
        _ = try writer.append(metadata: otherMetadata, body: otherBody)
        #expect(try counts(&writer) == [2, 1])
    }

    @Test func onlyTheSchemasDictionariesAreTaken() throws {
        var writer = try nestedWriter()
        let (metadata, body) = message(RecordBatch.Dictionary(id: 2, values: nestedDictionary.values))
        #expect(throws: ArrowError.malformed(table: "DictionaryBatch", field: "id", .badValue)) {
            try writer.append(metadata: metadata, body: body)
        }
    }

    @Test func deltasArePassedOn() throws {
        var writer = try nestedWriter()
        let delta = deltaMessage()
        let (metadata, body) = message(nestedDictionary)
        _ = try writer.append(metadata: metadata, body: body)
        _ = try writer.append(metadata: MessageEncoder.recordBatch(nestedBatch), body: nestedBatch.body[0])
        _ = try writer.append(metadata: delta, body: Slice(copying: []))
        // The dictionary has grown, so the same bytes would replace it by a shorter one.
        #expect(throws: ArrowError.self) { try writer.append(metadata: metadata, body: body) }
        #expect(try counts(&writer) == [2, 1])
    }

    /// A delta of no values for dictionary 0; our encoder writes none.
    private func deltaMessage() -> [UInt8] {
        var writer = FlatBufferWriter()
        let data = writer.table([.int64(0)])
        let dictionary = writer.table([.int64(0), .offset(data), .bool(true)])
        let root = writer.table([
            .int16(metadataVersion), .int8(Int8(MessageKind.dictionaryBatch.rawValue)), .offset(dictionary),
        ])
        return writer.finish(root: root)
    }
}
