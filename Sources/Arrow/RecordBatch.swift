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
    /// For each array of views, in depth-first order, how many data buffers follow its views.
    public var variadicBufferCounts: [Int]
    /// The body, in order; the counts add up to a multiple of 8.
    public var body: [Slice]
    /// Dictionaries that this batch and later ones point into; they are sent before it.
    public var dictionaries: [Dictionary]

    /// Values that batches name by index. A later one with the same id takes its place.
    ///
    /// - Spec: Arrow `Message.fbs`, table `DictionaryBatch`, never a delta.
    public struct Dictionary: Sendable {
        /// Counted from 0 over the dictionary-typed fields of the schema in depth-first order.
        public var id: Int
        /// One array, its rows being the values.
        public var values: RecordBatch

        public init(id: Int, values: RecordBatch) {
            self.id = id
            self.values = values
        }
    }

    public init(
        rowCount: Int, nodes: [Node], buffers: [Buffer], variadicBufferCounts: [Int] = [], body: [Slice],
        dictionaries: [Dictionary] = []
    ) {
        self.rowCount = rowCount
        self.nodes = nodes
        self.buffers = buffers
        self.variadicBufferCounts = variadicBufferCounts
        self.body = body
        self.dictionaries = dictionaries
    }

    /// Bytes of the body.
    public var bodyByteCount: Int { body.reduce(0) { $0 + $1.count } }
}
