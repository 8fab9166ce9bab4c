import Arrow
import Bytes

/// One top-level column of a scan: pages in, the buffers of its arrays out, one batch at a time.
protocol ColumnDecoder: AnyObject {
    /// Starts the next row group.
    func begin(_ chunks: [ScanPlan.Chunk?], rowCount: Int)
    /// The row group is read; gives back its parts.
    func finish()
    /// Whether rows differ in size; such columns decide how many rows a batch has.
    var isVariable: Bool { get }
    /// Moves on towards knowing the size of the next `rowCount` rows.
    ///
    /// - Parameter byteLimit: a column of variable size stops early beyond so many bytes, after one row at least.
    func stage(rowCount: Int, byteLimit: Int) throws(ParquetError) -> Progress
    /// Rows whose size is known; nil when every row has the same size and no row needs staging.
    var stagedRowCount: Int? { get }
    /// Bytes of a row in the body, as far as can be told beforehand.
    var bytesPerRow: Double { get }
    /// Bytes that the first `rowCount` rows take at most, padding included.
    func largestByteCount(rowCount: Int) throws(ParquetError) -> Int
    /// The arrays and buffers of the first `rowCount` rows.
    func layout(rowCount: Int) throws(ParquetError) -> ColumnLayout
    /// Moves on towards having written the first `rowCount` rows.
    func write(rowCount: Int, to target: ColumnTarget) throws(ParquetError) -> Progress
    /// For each dictionary-typed array, depth first, the dictionary to be sent before the batch just written.
    func takeDictionaries() -> [RecordBatch?]
}

/// How far one call came.
enum Progress: Equatable {
    case done
    /// Call again.
    case working
    case needs(part: Int)
}

/// The arrays of one column, depth first, and the sizes of their buffers before padding.
struct ColumnLayout: Equatable {
    var nodes: [RecordBatch.Node] = []
    /// In the order of the Arrow format, absent ones left out; a validity bitmap without nulls is 0 bytes.
    var bufferByteCounts: [Int] = []
    var variadicBufferCounts: [Int] = []

    /// Bytes of all buffers with their padding.
    var paddedByteCount: Int { bufferByteCounts.reduce(0) { $0 + BatchLayout.padded($1) } }
}

/// The places of the buffers of one column in the body.
struct ColumnTarget {
    /// The body and its slack.
    let body: Slice
    let layout: ColumnLayout
    let bufferOffsets: [Int]

    /// Buffer `index` without its padding.
    func buffer(_ index: Int) -> Slice {
        body.extracting(bufferOffsets[index]..<bufferOffsets[index] + layout.bufferByteCounts[index])
    }

    /// The data buffers of one array.
    func values(_ range: Range<Int>) -> ValueTarget {
        ValueTarget(body: body, offsets: bufferOffsets[range], byteCounts: layout.bufferByteCounts[range])
    }
}
