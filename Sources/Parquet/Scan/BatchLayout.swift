import Arrow
import Bytes

/// The arrays of a batch, and where every buffer lies in its body.
///
/// - Spec: Arrow columnar format, "Serialization and Interprocess Communication": depth-first field order, padding.
/// - Shape: buffers start at multiples of 64; the body ends at one.
struct BatchLayout {
    static let alignment = 64

    private(set) var nodes: [RecordBatch.Node] = []
    /// Sizes are before padding; a validity bitmap without nulls has 0 bytes.
    private(set) var buffers: [RecordBatch.Buffer] = []
    private(set) var variadicBufferCounts: [Int] = []
    private(set) var bodyByteCount = 0

    static func padded(_ byteCount: Int) -> Int { (byteCount + alignment - 1) & -alignment }

    mutating func addNode(length: Int, nullCount: Int) {
        nodes.append(RecordBatch.Node(length: length, nullCount: nullCount))
    }

    mutating func addBuffer(byteCount: Int) {
        buffers.append(RecordBatch.Buffer(offset: bodyByteCount, count: byteCount))
        bodyByteCount += Self.padded(byteCount)
    }

    /// Room behind the buffers of a column, for kernels that write a little beyond their end while others write there.
    mutating func addGap() {
        bodyByteCount += Self.padded(Kernels.copySlack)
    }

    /// The data buffers of one array.
    mutating func add(_ values: ValueByteCounts) {
        for index in 0..<values.count { addBuffer(byteCount: values[index]) }
        if values.hasVariadicBuffer { variadicBufferCounts.append(1) }
    }

    /// Forgets everything but the memory.
    mutating func removeAll() {
        nodes.removeAll(keepingCapacity: true)
        buffers.removeAll(keepingCapacity: true)
        variadicBufferCounts.removeAll(keepingCapacity: true)
        bodyByteCount = 0
    }

    /// The batch that was written to the front of `body`.
    func batch(rowCount: Int, body: Slice, dictionaries: [RecordBatch.Dictionary] = []) -> RecordBatch {
        RecordBatch(
            rowCount: rowCount, nodes: nodes, buffers: buffers, variadicBufferCounts: variadicBufferCounts,
            body: bodyByteCount > 0 ? [body.extracting(0..<bodyByteCount)] : [], dictionaries: dictionaries)
    }
}

/// Sizes of the data buffers of one array, validity left out: none, values, or offsets and values.
struct ValueByteCounts: Equatable {
    private(set) var count: Int
    private let first: Int
    private let second: Int
    /// Whether the last buffer is one that views point into.
    var hasVariadicBuffer = false

    /// No data at all.
    static let none = ValueByteCounts(count: 0, first: 0, second: 0)

    private init(count: Int, first: Int, second: Int) {
        self.count = count
        self.first = first
        self.second = second
    }

    init(_ values: Int) {
        self.init(count: 1, first: values, second: 0)
    }

    init(places: Int, values: Int) {
        self.init(count: 2, first: places, second: values)
    }

    subscript(index: Int) -> Int {
        precondition((0..<count).contains(index))
        return index == 0 ? first : second
    }

    var sum: Int { first + second }
    var paddedSum: Int { BatchLayout.padded(first) + BatchLayout.padded(second) }
}
