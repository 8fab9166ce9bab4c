/// Writes the metadata of IPC messages; their bodies are the slices of a ``RecordBatch``.
///
/// - Spec: Arrow `Message.fbs` and `Schema.fbs`, metadata version V5.
public enum MessageEncoder {
    /// The `Message` FlatBuffer of a schema; it has no body.
    ///
    /// Dictionaries have the ids that ``RecordBatch/Dictionary/id`` speaks of.
    public static func schema(_ schema: Schema) -> [UInt8] {
        var writer = FlatBufferWriter()
        let root = SchemaEncoder.table(of: schema, in: &writer)
        return message(.schema, root, bodyByteCount: 0, writer)
    }

    /// The `Message` FlatBuffer of a record batch, without its dictionaries.
    ///
    /// - Parameter compression: how the body's buffers are compressed, nil for not at all.
    public static func recordBatch(_ batch: RecordBatch, compression: BodyCodec? = nil) -> [UInt8] {
        var writer = FlatBufferWriter()
        let root = table(of: batch, compression, in: &writer)
        return message(.recordBatch, root, bodyByteCount: batch.bodyByteCount, writer)
    }

    /// The `Message` FlatBuffer of a dictionary that takes the place of an earlier one; its body is that of `values`.
    ///
    /// - Parameter compression: how the body's buffers are compressed, nil for not at all.
    public static func dictionaryBatch(
        _ dictionary: RecordBatch.Dictionary, compression: BodyCodec? = nil
    ) -> [UInt8] {
        var writer = FlatBufferWriter()
        let data = table(of: dictionary.values, compression, in: &writer)
        let root = writer.table([.int64(Int64(dictionary.id)), .offset(data), .bool(false)])
        return message(.dictionaryBatch, root, bodyByteCount: dictionary.values.bodyByteCount, writer)
    }

    private static func table(
        of batch: RecordBatch, _ compression: BodyCodec?, in writer: inout FlatBufferWriter
    ) -> FlatBufferWriter.Position {
        let compressionTable = compression.map { writer.table([.int8($0.rawValue), nil]) }
        var variadicBufferCounts: FlatBufferWriter.Position?
        if !batch.variadicBufferCounts.isEmpty {
            variadicBufferCounts = writer.vector(
                of: batch.variadicBufferCounts.count, words: batch.variadicBufferCounts.map { Int64($0) })
        }
        let buffers = writer.vector(
            of: batch.buffers.count, words: batch.buffers.flatMap { [Int64($0.offset), Int64($0.count)] })
        let nodes = writer.vector(
            of: batch.nodes.count, words: batch.nodes.flatMap { [Int64($0.length), Int64($0.nullCount)] })
        return writer.table([
            .int64(Int64(batch.rowCount)), .offset(nodes), .offset(buffers), compressionTable.map { .offset($0) },
            variadicBufferCounts.map { .offset($0) },
        ])
    }

    private static func message(
        _ kind: MessageKind, _ header: FlatBufferWriter.Position, bodyByteCount: Int,
        _ writer: consuming FlatBufferWriter
    ) -> [UInt8] {
        let root = writer.table([
            .int16(metadataVersion), .int8(Int8(kind.rawValue)), .offset(header), .int64(Int64(bodyByteCount)),
        ])
        return writer.finish(root: root)
    }
}
