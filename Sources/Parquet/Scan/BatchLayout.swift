import Arrow

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

    /// What the batch says about its arrays.
    func nodes(rowCount: Int) -> [RecordBatch.Node] {
        columns.map { RecordBatch.Node(length: rowCount, nullCount: $0.nullCount) }
    }

    var buffers: [RecordBatch.Buffer] {
        columns.indices.flatMap { index in
            zip(offsets[index], columns[index].bufferByteCounts).map { RecordBatch.Buffer(offset: $0, count: $1) }
        }
    }
}
