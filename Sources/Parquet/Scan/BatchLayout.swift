import Arrow
import Bytes

/// Where every buffer of a batch lies in its body.
///
/// - Spec: Arrow columnar format, "Serialization and Interprocess Communication": depth-first field order, padding.
/// - Shape: buffers start at multiples of 64; the body ends at one.
struct BatchLayout {
    static let alignment = 64

    let columns: [ColumnLayout]
    /// For each column, where its buffers start.
    private(set) var offsets: [[Int]] = []
    private(set) var bodyByteCount = 0

    init(columns: [ColumnLayout]) {
        self.columns = columns
        for column in columns {
            var starts: [Int] = []
            for byteCount in column.bufferByteCounts {
                starts.append(bodyByteCount)
                bodyByteCount += Self.padded(byteCount)
            }
            offsets.append(starts)
        }
    }

    static func padded(_ byteCount: Int) -> Int { (byteCount + alignment - 1) & -alignment }

    /// The batch that was written to the front of `body`.
    func batch(rowCount: Int, body: Slice, dictionaries: [RecordBatch.Dictionary] = []) -> RecordBatch {
        RecordBatch(
            rowCount: rowCount, nodes: columns.flatMap(\.nodes),
            buffers: columns.indices.flatMap { index in
                zip(offsets[index], columns[index].bufferByteCounts).map { RecordBatch.Buffer(offset: $0, count: $1) }
            },
            variadicBufferCounts: columns.flatMap(\.variadicBufferCounts),
            body: bodyByteCount > 0 ? [body.extracting(0..<bodyByteCount)] : [], dictionaries: dictionaries)
    }
}
