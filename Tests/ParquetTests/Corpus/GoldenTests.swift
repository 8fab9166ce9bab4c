import Arrow
import Bytes
import Testing

/// The golden contents are Arrow files of another writer: they try the reader of messages, and the texts that the decoder's
/// output is compared with.
@Suite("Golden contents", .enabled(if: SharedCorpus.root != nil, "the shared sample files are not there"))
struct GoldenTests {
    private struct Content {
        var schema: Schema
        var batches: [RecordBatch] = []
        var dictionaries: Dictionaries
        /// Of the dictionaries in force, by their place in the schema.
        var pending: [RecordBatch.Dictionary] = []
    }

    @Test(arguments: ["manifest.json", "generated/manifest.json"])
    func everyColumnHasItsChecksum(_ manifest: String) throws {
        let prefix = manifest == "manifest.json" ? "" : "generated/"
        var columnCount = 0
        for entry in try SharedCorpus.entries(manifest) {
            guard let golden = entry.golden, let columns = entry.columns else { continue }
            let content = try read(SharedCorpus.bytes(prefix + golden), golden)
            #expect(content.schema.fields.count == columns.count, "\(golden)")
            for (index, column) in columns.enumerated() {
                let field = content.schema.fields[index]
                #expect(field.name == column.name, "\(golden)")
                #expect(field.isNullable == column.nullable, "\(golden) \(column.name)")
                #expect(ColumnText.name(field.type) == column.type, "\(golden) \(column.name)")
                let values = ColumnText.values(content.batches, content.schema, column: index)
                #expect(SharedCorpusTests.digest(values) == column.sha256, "\(golden) \(column.name)")
                columnCount += 1
            }
        }
        #expect(columnCount > 100)
    }

    /// Walks the messages of a file from its start, and looks at every value on the way.
    private func read(_ file: [UInt8], _ name: String) throws -> Content {
        var content: Content?
        // The magic and its padding stand in front; each message has four bytes of ones and its length.
        var position = 8
        while true {
            let count = (0..<4).reduce(0) { $0 | Int(file[position + 4 + $1]) << (8 * $1) }
            guard count > 0 else { break }
            let message = try MessageDecoder(Array(file[position + 8..<position + 8 + count]))
            let start = position + 8 + count
            let body = Slice(copying: Array(file[start..<start + message.bodyByteCount]))
            position = start + message.bodyByteCount
            switch message.kind {
            case .schema:
                let schema = try message.schema()
                let ids = try message.dictionaryIDs()
                #expect(ids == Array(ids.indices), "\(name)")
                content = Content(schema: schema, dictionaries: Dictionaries(of: schema, ids: ids))
            case .dictionaryBatch:
                let (dictionary, isDelta, compression) = try message.dictionaryBatch(body: body)
                try content?.dictionaries.take(dictionary, isDelta: isDelta, compression: compression)
                content?.pending.append(dictionary)
            case .recordBatch:
                var (batch, compression) = try message.recordBatch(body: body)
                if let content {
                    try look(batch, compression, content)
                    batch.dictionaries = content.pending
                }
                content?.batches.append(batch)
            }
        }
        return try #require(content)
    }

    private func look(_ batch: RecordBatch, _ compression: BodyCodec?, _ content: Content) throws {
        let reader = try BatchReader(
            batch, compression: compression, schema: content.schema, dictionaries: content.dictionaries)
        for column in reader.columns {
            for row in 0..<min(reader.rowCount, 100) { _ = try column.text(at: row, byteLimit: 1000) }
        }
    }
}
