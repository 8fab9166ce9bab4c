import Bytes
import CKernels

/// A column of bits.
final class BooleanColumn: ColumnDecoder {
    private let scan: ScanResources
    private let queue: PageQueue
    private var validity: StagedValidity
    /// Values of the current batch that are in place.
    private var writtenCount = 0
    /// Where they are collected before they are spread over the rows.
    private var packed: Slice?

    init(column: FlatColumn, scan: ScanResources) {
        self.scan = scan
        queue = PageQueue(column: column, scan: scan)
        validity = StagedValidity(pool: scan.pool)
    }

    var stagedRowCount: Int? { queue.column.isOptional ? validity.rowCount : nil }

    var bytesPerRow: Double { queue.column.isOptional ? 0.25 : 0.125 }

    func begin(_ chunk: ScanPlan.Chunk?, rowCount: Int) {
        guard let chunk else { preconditionFailure("a column without its chunk") }
        queue.begin(chunk, rowCount: rowCount)
    }

    func finish() { queue.finish() }

    func stage(rowCount: Int, byteLimit: Int) throws(ParquetError) -> Progress {
        queue.column.isOptional ? try stageRows(rowCount) : .done
    }

    func layout(rowCount: Int) -> ColumnLayout {
        let nullCount = queue.column.isOptional ? validity.nullCount(first: rowCount) : 0
        let byteCount = (rowCount + 7) / 8
        return ColumnLayout(nullCount: nullCount, bufferByteCounts: [nullCount > 0 ? byteCount : 0, byteCount])
    }

    func write(rowCount: Int, to target: ColumnTarget) throws(ParquetError) -> Progress {
        let progress = try stageRows(rowCount)
        let nullCount = target.layout.nullCount
        let valueCount = rowCount - nullCount
        let data = target.buffer(1)
        var output = data
        if nullCount > 0 {
            let byteCount = (rowCount + 7) / 8
            packed = packed ?? scan.pool.take(byteCount: byteCount).slice(0, count: byteCount)
            output = packed!
        }
        var index = 0
        while index < queue.pages.count, writtenCount < valueCount {
            let count = min(queue.pages[index].stagedValueCount, valueCount - writtenCount)
            if count > 0 {
                try queue.located(page: queue.pages[index].index) { () throws(Defect) in
                    try decode(&queue.pages[index].values, count, into: output)
                }
                queue.pages[index].stagedValueCount -= count
                writtenCount += count
            }
            index += 1
        }
        queue.dropDonePages()
        guard progress == .done else { return progress }
        precondition(writtenCount == valueCount)
        if nullCount > 0, let bitmap = validity.bitmap {
            unsafe ck_expand_bits(data.address, output.address, bitmap.address, rowCount)
        }
        target.writeValidity(validity, rowCount: rowCount)
        validity.removeFirst(rowCount)
        writtenCount = 0
        packed = nil
        return .done
    }

    /// Moves on until the levels of `rowCount` rows are known.
    private func stageRows(_ rowCount: Int) throws(ParquetError) -> Progress {
        while validity.rowCount < rowCount {
            guard try queue.stage(limit: rowCount - validity.rowCount, into: &validity) != nil else {
                switch try queue.load() {
                case .needs(let part): return .needs(part: part)
                case .dataPage, .skipped: return .working
                case .dictionary: throw .malformed("a dictionary of BOOLEAN", at: queue.place(page: nil))
                }
            }
        }
        return .done
    }

    /// Appends the next `count` bits after those written.
    private func decode(_ values: inout DataPage.Values, _ count: Int, into target: Slice) throws(Defect) {
        precondition(writtenCount + count <= target.count * 8)
        switch values {
        case .bits(let bytes, let next):
            guard count <= bytes.count * 8 - next else {
                throw Defect("the page has fewer values than its header says")
            }
            unsafe ck_copy_bits(target.address, writtenCount, bytes.address, bytes.count, next, count)
            values = .bits(bytes, next: next + count)
        case .bitRuns(var runs):
            var done = 0
            while done < count {
                guard let run = try runs.next(limit: count - done) else {
                    throw Defect("the page has fewer values than its header says")
                }
                switch run {
                case .repeated(let value, let runCount):
                    guard value <= 1 else { throw Defect("a BOOLEAN value is larger than 1") }
                    unsafe ck_fill_bits(target.address, writtenCount + done, value == 1, runCount)
                    done += runCount
                case .packed(let byteRange, let first, let runCount):
                    let source = runs.bytes.extracting(byteRange)
                    unsafe ck_copy_bits(
                        target.address, writtenCount + done, source.address, source.count, first, runCount)
                    done += runCount
                }
            }
            values = .bitRuns(runs)
        case .plain, .dictionary: preconditionFailure("bytes in a column of bits")
        }
    }
}
