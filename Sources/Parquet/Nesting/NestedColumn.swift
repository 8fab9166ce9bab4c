import Arrow
import Bytes

/// A top-level column that is made of lists, maps and structures: Dremel levels in, offsets and validity out.
///
/// - Spec: Parquet README, "Nested Encoding"; Arrow columnar format, "Buffer Listing for Each Layout".
final class NestedColumn: ColumnDecoder {
    private let root: NestedArray
    private let leaves: [NestedLeaf]
    /// Which of the leaves is staged next.
    private var stagingIndex = 0
    /// For how many rows the arrays were measured.
    private var measuredRowCount: Int?
    /// Only its size is of interest.
    private var trial = BatchLayout()
    private(set) var bytesPerRow = 0.0
    private var hasSeenRows = false

    init(_ shape: ArrayShape, scan: ScanResources) {
        var leaves: [NestedLeaf] = []
        root = NestedArray(shape, scan: scan, leaves: &leaves)
        self.leaves = leaves
    }

    var isVariable: Bool { true }

    var stagedRowCount: Int? { leaves.reduce(Int.max) { min($0, $1.stagedRowCount) } }

    func begin(_ chunks: [ScanPlan.Chunk?], rowCount: Int) {
        precondition(chunks.count == leaves.count)
        for (leaf, chunk) in zip(leaves, chunks) { leaf.begin(chunk, rowCount: rowCount) }
        guard !hasSeenRows else { return }
        // Encoded values are smaller than sent ones, and offsets come on top.
        bytesPerRow = chunks.reduce(0) { sum, chunk in
            guard let chunk else { return sum }
            return sum + chunk.bytesPerRow + Double(chunk.valueCount) / Double(rowCount) * 4
        }
    }

    func finish() {
        leaves.forEach { $0.finish() }
        measuredRowCount = nil
    }

    func stage(rowCount: Int, byteLimit: Int) throws(ParquetError) -> Progress {
        measuredRowCount = nil
        while stagingIndex < leaves.count {
            let progress = try leaves[stagingIndex].stage(rowCount: rowCount, byteLimit: byteLimit)
            guard progress == .done else { return progress }
            stagingIndex += 1
        }
        stagingIndex = 0
        return .done
    }

    func largestByteCount(rowCount: Int) throws(ParquetError) -> Int {
        trial.removeAll()
        try lay(rowCount: rowCount, into: &trial)
        return trial.bodyByteCount + root.attachedByteCount
    }

    func lay(rowCount: Int, into layout: inout BatchLayout) throws(ParquetError) {
        if measuredRowCount != rowCount {
            for leaf in leaves { try leaf.select(rowCount: rowCount) }
            try leaves[0].queue.located(page: nil) { () throws(Defect) in try root.measure() }
            measuredRowCount = rowCount
        }
        root.lay(into: &layout)
    }

    func write(rowCount: Int, to target: ColumnTarget) throws(ParquetError) -> Progress {
        precondition(measuredRowCount == rowCount)
        var buffer = 0
        try root.write(to: target, buffer: &buffer)
        precondition(buffer == target.buffers.count)
        leaves.forEach { $0.removeFirst(rowCount: rowCount) }
        bytesPerRow = Double(trial.bodyByteCount) / Double(rowCount)
        hasSeenRows = true
        measuredRowCount = nil
        return .done
    }

    func takeDictionaries() -> [RecordBatch?] { root.takeDictionaries() }
}
