/// Writes the metadata of IPC messages; their bodies are the slices of a ``RecordBatch``.
///
/// - Spec: Arrow `Message.fbs` and `Schema.fbs`, metadata version V5.
public enum MessageEncoder {
    /// The `Message` FlatBuffer of a schema; it has no body.
    public static func schema(_ schema: Schema) -> [UInt8] {
        var writer = FlatBufferWriter()
        let root = table(of: schema, in: &writer)
        return message(.schema, root, bodyByteCount: 0, writer)
    }

    /// The `Message` FlatBuffer of a record batch.
    ///
    /// - Parameter compression: how the body's buffers are compressed, nil for not at all.
    public static func recordBatch(_ batch: RecordBatch, compression: BodyCodec? = nil) -> [UInt8] {
        var writer = FlatBufferWriter()
        let compressionTable = compression.map { writer.table([.int8($0.rawValue), nil]) }
        let buffers = writer.vector(
            of: batch.buffers.count, words: batch.buffers.flatMap { [Int64($0.offset), Int64($0.count)] })
        let nodes = writer.vector(
            of: batch.nodes.count, words: batch.nodes.flatMap { [Int64($0.length), Int64($0.nullCount)] })
        let root = writer.table([
            .int64(Int64(batch.rowCount)), .offset(nodes), .offset(buffers), compressionTable.map { .offset($0) },
        ])
        return message(.recordBatch, root, bodyByteCount: batch.bodyByteCount, writer)
    }

    /// The schema as a part of a larger FlatBuffer, such as the footer of an IPC file.
    static func table(of schema: Schema, in writer: inout FlatBufferWriter) -> FlatBufferWriter.Position {
        var fields: [FlatBufferWriter.Position] = []
        for field in schema.fields { fields.append(table(of: field, in: &writer)) }
        let vector = writer.vector(fields)
        return writer.table([nil, .offset(vector), nil, nil])
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

    private static func table(of field: Field, in writer: inout FlatBufferWriter) -> FlatBufferWriter.Position {
        var metadata: FlatBufferWriter.Position?
        if !field.metadata.isEmpty {
            var entries: [FlatBufferWriter.Position] = []
            for entry in field.metadata {
                let value = writer.string(entry.value)
                let key = writer.string(entry.key)
                entries.append(writer.table([.offset(key), .offset(value)]))
            }
            metadata = writer.vector(entries)
        }
        let children = writer.vector([])
        let (kind, type) = table(of: field.type, in: &writer)
        let name = writer.string(field.name)
        return writer.table([
            .offset(name), .bool(field.isNullable), .int8(kind.rawValue), .offset(type), nil, .offset(children),
            metadata.map { .offset($0) },
        ])
    }

    private static func table(
        of type: DataType, in writer: inout FlatBufferWriter
    ) -> (TypeKind, FlatBufferWriter.Position) {
        switch type {
        case .null: return (.null, writer.table([]))
        case .boolean: return (.bool, writer.table([]))
        case .integer(let bitWidth, let isSigned):
            return (.int, writer.table([.int32(Int32(bitWidth)), .bool(isSigned)]))
        case .floatingPoint(let bitWidth):
            return (.floatingPoint, writer.table([.int16(Int16(bitWidth.trailingZeroBitCount - 4))]))
        case .decimal(let bitWidth, let precision, let scale):
            return (.decimal, writer.table([.int32(Int32(precision)), .int32(Int32(scale)), .int32(Int32(bitWidth))]))
        case .date32: return (.date, writer.table([.int16(0)]))
        case .time(let unit):
            let bitWidth = type.fixedBitWidth ?? 64
            return (.time, writer.table([.int16(unit.code), .int32(Int32(bitWidth))]))
        case .timestamp(let unit, let timeZone):
            let zone = timeZone.map { writer.string($0) }
            return (.timestamp, writer.table([.int16(unit.code), zone.map { .offset($0) }]))
        case .utf8: return (.utf8, writer.table([]))
        case .binary: return (.binary, writer.table([]))
        case .fixedSizeBinary(let byteWidth): return (.fixedSizeBinary, writer.table([.int32(Int32(byteWidth))]))
        }
    }
}

/// - Spec: `Schema.fbs`, enum `MetadataVersion`: V5.
let metadataVersion: Int16 = 4

/// What an IPC message carries.
///
/// - Spec: `Message.fbs`, union `MessageHeader`.
public enum MessageKind: UInt8, Sendable {
    case schema = 1
    case dictionaryBatch = 2
    case recordBatch = 3
}

/// - Spec: `Schema.fbs`, union `Type`.
enum TypeKind: Int8 {
    case null = 1
    case int = 2
    case floatingPoint = 3
    case binary = 4
    case utf8 = 5
    case bool = 6
    case decimal = 7
    case date = 8
    case time = 9
    case timestamp = 10
    case fixedSizeBinary = 15
}

extension TimeUnit {
    /// - Spec: `Schema.fbs`, enum `TimeUnit`.
    var code: Int16 {
        switch self {
        case .second: 0
        case .millisecond: 1
        case .microsecond: 2
        case .nanosecond: 3
        }
    }
}
