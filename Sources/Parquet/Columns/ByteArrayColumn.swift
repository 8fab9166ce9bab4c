import Bytes
import CKernels

/// A column of strings or binary values.
final class ByteArrayColumn: ColumnDecoder {
    private let isUTF8: Bool
    private let scan: ScanResources
    private let queue: PageQueue
    private var validity: StagedValidity
    private var strings: StagedStrings
    private var dictionary: ByteArrayDictionary?
    /// Bytes of values a row, from the last batch or, for the first, from the metadata.
    private var valueBytesPerRow = 0.0
    private var hasSeenRows = false

    init(column: FlatColumn, isUTF8: Bool, scan: ScanResources) {
        self.isUTF8 = isUTF8
        self.scan = scan
        queue = PageQueue(column: column, scan: scan)
        validity = StagedValidity(pool: scan.pool)
        strings = StagedStrings(pool: scan.pool)
    }

    var stagedRowCount: Int? { validity.rowCount }

    var bytesPerRow: Double { 4.125 + valueBytesPerRow }

    func begin(_ chunk: ScanPlan.Chunk?, rowCount: Int) {
        guard let chunk else { preconditionFailure("a column without its chunk") }
        queue.begin(chunk, rowCount: rowCount)
        dictionary = nil
        if !hasSeenRows { valueBytesPerRow = chunk.bytesPerRow }
    }

    func finish() {
        queue.finish()
        dictionary = nil
        strings.removeAll()
    }

    func stage(rowCount: Int, byteLimit: Int) throws(ParquetError) -> Progress {
        while validity.rowCount < rowCount, strings.byteCount <= byteLimit {
            guard let staged = try queue.stage(limit: rowCount - validity.rowCount, into: &validity) else {
                return try load()
            }
            try queue.located(page: queue.pages[staged.page].index) { () throws(Defect) in
                try stageValues(staged.valueCount, of: staged.page)
            }
        }
        return .done
    }

    func layout(rowCount: Int) -> ColumnLayout {
        let nullCount = validity.nullCount(first: rowCount)
        return ColumnLayout(
            nullCount: nullCount,
            bufferByteCounts: [
                nullCount > 0 ? (rowCount + 7) / 8 : 0, (rowCount + 1) * 4,
                strings.byteCount(first: rowCount - nullCount, dictionary: dictionary),
            ])
    }

    func write(rowCount: Int, to target: ColumnTarget) throws(ParquetError) -> Progress {
        let valueCount = rowCount - target.layout.nullCount
        let offsets = target.buffer(1)
        let byteCount = try queue.located(page: queue.pages.first?.index) { () throws(Defect) in
            try strings.move(
                first: valueCount, dictionary: dictionary, isUTF8: isUTF8, to: target.bufferAndRest(2),
                offsets: offsets)
        }
        precondition(byteCount == target.layout.bufferByteCounts[2])
        if target.layout.nullCount > 0, let bitmap = validity.bitmap {
            let starts = unsafe offsets.base.assumingMemoryBound(to: Int32.self)
            unsafe ck_expand_offsets(starts, bitmap.address, rowCount, valueCount)
        }
        target.writeValidity(validity, rowCount: rowCount)
        validity.removeFirst(rowCount)
        takeFromPages(valueCount)
        valueBytesPerRow = Double(byteCount) / Double(rowCount)
        hasSeenRows = true
        return .done
    }

    private func stageValues(_ count: Int, of index: Int) throws(Defect) {
        guard count > 0 else { return }
        switch queue.pages[index].values {
        case .plain(let bytes, let offset):
            let used = try strings.append(plain: bytes.extracting(offset..<bytes.count), count: count)
            queue.pages[index].values = .plain(bytes, offset: offset + used)
        case .dictionary(var runs):
            try strings.append(&runs, count: count, from: dictionary)
            queue.pages[index].values = .dictionary(runs)
        case .bits, .bitRuns: preconditionFailure("bits in a column of byte arrays")
        }
    }

    private func takeFromPages(_ valueCount: Int) {
        var left = valueCount
        for index in queue.pages.indices where left > 0 {
            let count = min(left, queue.pages[index].stagedValueCount)
            queue.pages[index].stagedValueCount -= count
            left -= count
        }
        precondition(left == 0)
        queue.dropDonePages()
    }

    private func load() throws(ParquetError) -> Progress {
        switch try queue.load() {
        case .needs(let part): return .needs(part: part)
        case .dataPage, .skipped: return .working
        case .dictionary(let bytes, let valueCount):
            dictionary = try queue.located(page: nil) { () throws(Defect) in
                try ByteArrayDictionary(bytes, count: valueCount, isUTF8: isUTF8, pool: scan.pool)
            }
            return .working
        }
    }
}
