public import Bytes

/// Rows of one schema, already in the layout of an IPC message body.
///
/// - Spec: Arrow `Message.fbs`, table `RecordBatch`, and "Serialization and Interprocess Communication" of the columnar
///   format.
/// - Shape: `nodes` and `buffers` are in depth-first field order; buffers do not overlap, start at multiples of 64 and are
///   counted from the start of the body.
/// - Ownership: the body slices keep the memory alive that the decoder wrote; it is what the kernel sends from.
public struct RecordBatch: Sendable {
    /// Length and null count of one array.
    public struct Node: Hashable, Sendable {
        public var length: Int
        public var nullCount: Int

        public init(length: Int, nullCount: Int) {
            self.length = length
            self.nullCount = nullCount
        }
    }

    /// Where one buffer lies in the body. A validity bitmap without nulls has `count` 0.
    public struct Buffer: Hashable, Sendable {
        public var offset: Int
        public var count: Int

        public init(offset: Int, count: Int) {
            self.offset = offset
            self.count = count
        }
    }

    public var rowCount: Int
    public var nodes: [Node]
    public var buffers: [Buffer]
    /// The body, in order; the counts add up to a multiple of 8.
    public var body: [Slice]

    public init(rowCount: Int, nodes: [Node], buffers: [Buffer], body: [Slice]) {
        self.rowCount = rowCount
        self.nodes = nodes
        self.buffers = buffers
        self.body = body
    }

    /// Bytes of the body.
    public var bodyByteCount: Int { body.reduce(0) { $0 + $1.count } }
}
