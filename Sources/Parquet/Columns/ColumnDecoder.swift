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
    /// Adds the arrays and buffers of the first `rowCount` rows.
    func lay(rowCount: Int, into layout: inout BatchLayout) throws(ParquetError)
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

/// The places of the arrays and buffers of one column in a batch.
struct ColumnTarget {
    /// The body and its slack.
    let body: Slice
    let layout: BatchLayout
    let nodes: Range<Int>
    let buffers: Range<Int>

    func node(_ index: Int) -> RecordBatch.Node { layout.nodes[nodes.lowerBound + index] }

    /// Buffer `index` of the column without its padding.
    func buffer(_ index: Int) -> Slice {
        let buffer = layout.buffers[buffers.lowerBound + index]
        return body.extracting(buffer.offset..<buffer.offset + buffer.count)
    }

    /// The data buffers of one array, from buffer `index` of the column on.
    func values(from index: Int, _ byteCounts: ValueByteCounts) -> ValueTarget {
        ValueTarget(body: body, buffers: layout.buffers, from: buffers.lowerBound + index, byteCounts: byteCounts)
    }
}
