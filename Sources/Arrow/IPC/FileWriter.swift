public import Bytes

/// Turns a stream of IPC messages into the bytes of an IPC file.
///
/// Messages are taken as they came: their metadata is framed anew, their bodies are the same slices, and the schema goes into
/// the footer as the bytes of its message. So columns of any type pass, also those whose values are not read here.
///
/// A file has one dictionary for each id, where a stream may replace it at any time. So one that comes again with the same
/// bytes is left out, and one that changes once there are rows is an error.
///
/// - Spec: Arrow columnar format, "IPC File Format" and "Encapsulated message format"; `File.fbs`.
/// - Shape: what the calls return, in order, is the file.
/// - Ownership: keeps the bodies of dictionaries, to compare later ones with them.
public struct FileWriter {
    /// - Spec: `File.fbs`, struct `Block`.
    private struct Block {
        var offset: Int
        var metadataByteCount: Int
        var bodyByteCount: Int
    }

    /// A dictionary as its message brought it.
    private struct Dictionary {
        var metadata: [UInt8]
        var body: Slice
        /// Whether a delta came behind it.
        var hasGrown = false

        func isSame(as other: Dictionary) -> Bool {
            guard !hasGrown, metadata == other.metadata else { return false }
            return unsafe UnsafeRawBufferPointer(start: body.base, count: body.count).elementsEqual(
                UnsafeRawBufferPointer(start: other.body.base, count: other.body.count))
        }
    }

    private static let magic = Array("ARROW1".utf8)
    private static let continuation: [UInt8] = [0xff, 0xff, 0xff, 0xff]
    /// A message of no bytes.
    private static let endOfStream = continuation + [0, 0, 0, 0]

    private let schemaMessage: [UInt8]
    private let schemaStart: Int
    private let dictionaryIDs: Set<Int>
    private var dictionaries: [(id: Int, block: Block)] = []
    private var latest: [Int: Dictionary] = [:]
    private var recordBatches: [Block] = []
    private var hasBegun = false
    /// Bytes returned so far.
    public private(set) var byteCount = 0

    /// - Parameter schemaMessage: metadata of the stream's first message.
    public init(schemaMessage: [UInt8]) throws(ArrowError) {
        let message = try MessageDecoder(schemaMessage)
        guard message.kind == .schema else { throw .malformed(table: "Message", field: "header_type", .badValue) }
        self.schemaMessage = schemaMessage
        schemaStart = message.header.start
        dictionaryIDs = Set(try message.dictionaryIDs())
    }

    /// What the file begins with.
    public mutating func begin() -> [Slice] {
        precondition(!hasBegun)
        hasBegun = true
        let head = Slice(copying: Self.magic + [0, 0] + Self.framed(schemaMessage))
        byteCount = head.count
        return [head]
    }

    /// One batch of rows or of a dictionary; nothing for a dictionary that is in the file.
    ///
    /// - Throws: `.malformed` when the body is not as long as the metadata says or the schema has no such dictionary,
    ///   `.unsupported` for another dictionary in place of one that earlier record batches use; nothing has changed then.
    public mutating func append(metadata: [UInt8], body: Slice) throws(ArrowError) -> [Slice] {
        precondition(hasBegun)
        let message = try MessageDecoder(metadata)
        guard body.count == message.bodyByteCount else {
            throw .malformed(table: "Message", field: "bodyLength", .badValue)
        }
        let head = Slice(copying: Self.framed(metadata))
        let padding = Self.padding(body.count)
        let block = Block(
            offset: byteCount, metadataByteCount: head.count, bodyByteCount: body.count + padding)
        switch message.kind {
        case .schema: throw .malformed(table: "Message", field: "header_type", .badValue)
        case .dictionaryBatch:
            let (id, isDelta) = try message.dictionaryID()
            guard try accept(Dictionary(metadata: metadata, body: body), id: id, isDelta: isDelta) else { return [] }
            dictionaries.append((id, block))
        case .recordBatch: recordBatches.append(block)
        }
        byteCount += head.count + block.bodyByteCount
        var slices = [head]
        if body.count > 0 { slices.append(body) }
        if padding > 0 { slices.append(Slice(copying: [UInt8](repeating: 0, count: padding))) }
        return slices
    }

    /// Whether a dictionary goes into the file.
    private mutating func accept(_ dictionary: Dictionary, id: Int, isDelta: Bool) throws(ArrowError) -> Bool {
        // Otherwise a stream of ever new ids would fill the memory.
        guard dictionaryIDs.contains(id) else { throw .malformed(table: "DictionaryBatch", field: "id", .badValue) }
        if isDelta, latest[id] != nil {
            latest[id]?.hasGrown = true
            return true
        }
        if let earlier = latest[id] {
            if earlier.isSame(as: dictionary) { return false }
            guard recordBatches.isEmpty else {
                throw .unsupported("an IPC file whose dictionary \(id) changes between record batches")
            }
            // The earlier one stays where it is, but no reader will find it.
            dictionaries.removeAll { $0.id == id }
        }
        latest[id] = dictionary
        return true
    }

    /// What the file ends with.
    public mutating func finish() -> [Slice] {
        precondition(hasBegun)
        var writer = FlatBufferWriter()
        let schema = writer.embed(schemaMessage, tableAt: schemaStart)
        let recordBatches = writer.vector(of: recordBatches.count, words: Self.words(recordBatches))
        let dictionaries = writer.vector(of: dictionaries.count, words: Self.words(dictionaries.map(\.block)))
        let root = writer.table([
            .int16(metadataVersion), .offset(schema), .offset(dictionaries), .offset(recordBatches),
        ])
        let footer = writer.finish(root: root)
        let tail = Slice(
            copying: Self.endOfStream + footer + Self.littleEndian(UInt32(footer.count)) + Self.magic)
        byteCount += tail.count
        return [tail]
    }

    /// The metadata behind its prefix, padded so that what follows is aligned.
    private static func framed(_ metadata: [UInt8]) -> [UInt8] {
        let padded = metadata + [UInt8](repeating: 0, count: padding(metadata.count))
        return continuation + littleEndian(UInt32(padded.count)) + padded
    }

    private static func words(_ blocks: [Block]) -> [Int64] {
        blocks.flatMap { [Int64($0.offset), Int64($0.metadataByteCount), Int64($0.bodyByteCount)] }
    }

    private static func littleEndian(_ number: UInt32) -> [UInt8] {
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    private static func padding(_ byteCount: Int) -> Int { -byteCount & 7 }
}
