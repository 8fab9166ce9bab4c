import Arrow
import Bytes
import CKernels

/// A column whose entries are its rows: at most one definition level, no repetition.
final class FlatColumn: ColumnDecoder {
    private let leaf: Leaf
    private let isNullable: Bool
    private let values: any ValueDecoder
    private let queue: PageQueue
    private var validity: StagedValidity

    init(leaf: Leaf, scan: ScanResources) {
        precondition(leaf.isFlat)
        self.leaf = leaf
        isNullable = leaf.maxDefinition == 1
        values = leaf.values.decoder(leaf, scan: scan)
        queue = PageQueue(leaf: leaf, scan: scan)
        validity = StagedValidity(pool: scan.pool)
    }

    var isVariable: Bool { values.isVariable }

    private var isStagedFirst: Bool { isNullable || isVariable }

    var stagedRowCount: Int? { isStagedFirst ? validity.rowCount : nil }

    var bytesPerRow: Double { values.bytesPerSlot + (isNullable ? 0.125 : 0) }

    func begin(_ chunks: [ScanPlan.Chunk?], rowCount: Int) {
        guard let chunk = chunks[0] else { preconditionFailure("a column without its chunk") }
        queue.begin(chunk, rowCount: rowCount)
        values.begin(bytesPerValue: chunk.bytesPerRow)
    }

    func finish() {
        queue.finish()
        values.finish()
        validity.removeFirst(validity.rowCount)
    }

    func stage(rowCount: Int, byteLimit: Int) throws(ParquetError) -> Progress {
        isStagedFirst ? try stageRows(rowCount, byteLimit: byteLimit) : .done
    }

    func largestByteCount(rowCount: Int) -> Int {
        // The nulls of a column of constant size may not be known yet.
        let validityByteCount = isNullable ? BatchLayout.padded((rowCount + 7) / 8) : 0
        let valueCount = isVariable ? rowCount - validity.nullCount(first: rowCount) : rowCount
        return validityByteCount + values.byteCounts(slotCount: rowCount, valueCount: valueCount).paddedSum
            + values.attachedByteCount(valueCount: valueCount)
    }

    func lay(rowCount: Int, into layout: inout BatchLayout) {
        let nullCount = isStagedFirst ? validity.nullCount(first: rowCount) : 0
        layout.addNode(length: rowCount, nullCount: nullCount)
        layout.addBuffer(byteCount: nullCount > 0 ? (rowCount + 7) / 8 : 0)
        layout.add(values.byteCounts(slotCount: rowCount, valueCount: rowCount - nullCount))
    }

    func write(rowCount: Int, to target: ColumnTarget) throws(ParquetError) -> Progress {
        let progress = try stageRows(rowCount, byteLimit: .max)
        // What is staged first was there before the batch was laid out.
        precondition(progress == .done || !isStagedFirst)
        let nullCount = target.node(0).nullCount
        let valueCount = rowCount - nullCount
        let data = target.values(from: 1, values.byteCounts(slotCount: rowCount, valueCount: valueCount))
        try values.write(from: queue, valueCount: valueCount, to: data)
        queue.dropDonePages()
        guard progress == .done else { return progress }
        let bitmap = nullCount > 0 ? validity.bitmap : nil
        try queue.located(page: nil) { () throws(Defect) in
            try values.spread(slotCount: rowCount, valueCount: valueCount, bitmap: bitmap, in: data)
        }
        if let bitmap { writeValidity(bitmap, rowCount, to: target.buffer(0)) }
        validity.removeFirst(rowCount)
        return .done
    }

    func takeDictionaries() -> [RecordBatch?] {
        if case .dictionary = leaf.values { [values.takeDictionary()] } else { [] }
    }

    /// Moves on until the levels of `rowCount` rows are known.
    private func stageRows(_ rowCount: Int, byteLimit: Int) throws(ParquetError) -> Progress {
        while validity.rowCount < rowCount, values.stagedByteCount <= byteLimit {
            guard let staged = try queue.stage(limit: rowCount - validity.rowCount, into: &validity) else {
                return try queue.load(for: values)
            }
            try queue.located(page: queue.pages[staged.page].index) { () throws(Defect) in
                try values.stage(staged.valueCount, of: &queue.pages[staged.page])
            }
        }
        return .done
    }

    private func writeValidity(_ bitmap: Slice, _ rowCount: Int, to target: Slice) {
        Kernels.copy(bitmap.extracting(0..<target.count), to: target)
        // Bits beyond the last row belong to the next batch.
        if rowCount % 8 != 0 {
            let last = target.extracting(target.count - 1..<target.count)
            unsafe last.address.pointee &= UInt8(truncatingIfNeeded: (1 << (rowCount % 8)) - 1)
        }
    }
}

/// A top-level column that is null in every row; its pages are not even fetched.
final class AbsentColumn: ColumnDecoder {
    var isVariable: Bool { false }
    var stagedRowCount: Int? { nil }
    var bytesPerRow: Double { 0 }

    func begin(_ chunks: [ScanPlan.Chunk?], rowCount: Int) {}
    func finish() {}
    func stage(rowCount: Int, byteLimit: Int) -> Progress { .done }
    func largestByteCount(rowCount: Int) -> Int { 0 }

    func lay(rowCount: Int, into layout: inout BatchLayout) { layout.addNode(length: rowCount, nullCount: rowCount) }

    func write(rowCount: Int, to target: ColumnTarget) -> Progress { .done }
    func takeDictionaries() -> [RecordBatch?] { [] }
}
