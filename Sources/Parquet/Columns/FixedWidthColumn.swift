import Bytes
import CKernels

/// A column whose sent values all have the same number of whole bytes.
final class FixedWidthColumn: ColumnDecoder {
    private let conversion: FixedConversion
    private let byteWidth: Int
    private let scan: ScanResources
    private let queue: PageQueue
    private var validity: StagedValidity
    /// Dictionary values as they are sent.
    private var dictionary: Slice?
    private var dictionaryCount = 0
    /// Values of the current batch that are in place.
    private var writtenCount = 0

    init(column: FlatColumn, conversion: FixedConversion, scan: ScanResources) {
        self.conversion = conversion
        self.scan = scan
        byteWidth = conversion.targetByteWidth
        queue = PageQueue(column: column, scan: scan)
        validity = StagedValidity(pool: scan.pool)
    }

    var stagedRowCount: Int? { queue.column.isOptional ? validity.rowCount : nil }

    var bytesPerRow: Double { Double(byteWidth) + (queue.column.isOptional ? 0.125 : 0) }

    func begin(_ chunk: ScanPlan.Chunk?, rowCount: Int) {
        guard let chunk else { preconditionFailure("a column without its chunk") }
        queue.begin(chunk, rowCount: rowCount)
        dictionary = nil
    }

    func finish() {
        queue.finish()
        dictionary = nil
    }

    func stage(rowCount: Int, byteLimit: Int) throws(ParquetError) -> Progress {
        queue.column.isOptional ? try stageRows(rowCount) : .done
    }

    func layout(rowCount: Int) -> ColumnLayout {
        let nullCount = queue.column.isOptional ? validity.nullCount(first: rowCount) : 0
        return ColumnLayout(
            nullCount: nullCount, bufferByteCounts: [nullCount > 0 ? (rowCount + 7) / 8 : 0, rowCount * byteWidth])
    }

    func write(rowCount: Int, to target: ColumnTarget) throws(ParquetError) -> Progress {
        let progress = try stageRows(rowCount)
        let data = target.buffer(1)
        let valueCount = rowCount - target.layout.nullCount
        if queue.column.isOptional {
            // Everything was staged before the batch was laid out.
            precondition(progress == .done)
        }
        var index = 0
        while index < queue.pages.count, writtenCount < valueCount {
            let count = min(queue.pages[index].stagedValueCount, valueCount - writtenCount)
            if count > 0 {
                let place = data.extracting(writtenCount * byteWidth..<(writtenCount + count) * byteWidth)
                try decode(index, count, into: place)
                queue.pages[index].stagedValueCount -= count
                writtenCount += count
            }
            index += 1
        }
        queue.dropDonePages()
        guard progress == .done else { return progress }
        precondition(writtenCount == valueCount)
        if target.layout.nullCount > 0, let bitmap = validity.bitmap {
            unsafe ck_expand(data.address, byteWidth, bitmap.address, rowCount, valueCount)
        }
        target.writeValidity(validity, rowCount: rowCount)
        validity.removeFirst(rowCount)
        writtenCount = 0
        return .done
    }

    /// Moves on until the levels of `rowCount` rows are known.
    private func stageRows(_ rowCount: Int) throws(ParquetError) -> Progress {
        while validity.rowCount < rowCount {
            guard try queue.stage(limit: rowCount - validity.rowCount, into: &validity) != nil else {
                return try load()
            }
        }
        return .done
    }

    private func load() throws(ParquetError) -> Progress {
        switch try queue.load() {
        case .needs(let part): return .needs(part: part)
        case .dataPage, .skipped: return .working
        case .dictionary(let bytes, let valueCount):
            let limit = scan.options.limits.dictionaryByteCount
            // The fewest bytes a value can have bound the number of values.
            guard valueCount <= bytes.count / (conversion.sourceByteWidth ?? 4) else {
                throw .malformed("the dictionary has fewer values than its header says", at: queue.place(page: nil))
            }
            guard valueCount <= limit / byteWidth else {
                throw .tooLarge("a dictionary of \(valueCount) values", at: queue.place(page: nil))
            }
            let target = scan.pool.take(byteCount: valueCount * byteWidth).slice(0, count: valueCount * byteWidth)
            try queue.located(page: nil) { () throws(Defect) in
                _ = try conversion.convert(bytes, count: valueCount, into: target)
            }
            dictionary = target
            dictionaryCount = valueCount
            return .working
        }
    }

    /// Writes the next `count` values of a page.
    private func decode(_ index: Int, _ count: Int, into target: Slice) throws(ParquetError) {
        try queue.located(page: queue.pages[index].index) { () throws(Defect) in
            switch queue.pages[index].values {
            case .plain(let bytes, let offset):
                let used = try conversion.convert(bytes.extracting(offset..<bytes.count), count: count, into: target)
                queue.pages[index].values = .plain(bytes, offset: offset + used)
            case .dictionary(var runs):
                try gather(&runs, count, into: target)
                queue.pages[index].values = .dictionary(runs)
            case .bits, .bitRuns: preconditionFailure("bits in a column of bytes")
            }
        }
    }

    /// Replaces indices by dictionary values, a run or a scratch full of indices at a time.
    private func gather(_ runs: inout HybridRuns, _ count: Int, into target: Slice) throws(Defect) {
        // Without a dictionary there are no indices that could pass the check below.
        let dictionary = dictionary ?? scan.indices.extracting(0..<0)
        var done = 0
        while done < count {
            guard let run = try runs.next(limit: min(count - done, ScanResources.indexCount)) else {
                throw Defect("the page has fewer values than its header says")
            }
            switch run {
            case .repeated(let value, let runCount):
                guard Int(value) < dictionaryCount, dictionary.count > 0 else {
                    throw Defect("an index lies outside the dictionary")
                }
                let output = unsafe target.address(done * byteWidth, wanted: runCount * byteWidth)
                let source = unsafe dictionary.address(Int(value) * byteWidth, wanted: byteWidth)
                unsafe ck_fill(output, source, byteWidth, runCount)
                done += runCount
            case .packed(let byteRange, let first, let runCount):
                let output = unsafe target.address(done * byteWidth, wanted: runCount * byteWidth)
                let indices = unsafe scan.indices.words(0, count: runCount)
                let source = runs.bytes.extracting(byteRange)
                let largest = unsafe ck_unpack(
                    source.address, source.count, UInt32(runs.bitWidth), first, runCount, indices)
                guard Int(largest) < dictionaryCount, dictionary.count > 0 else {
                    throw Defect("an index lies outside the dictionary")
                }
                unsafe ck_gather(output, dictionary.address, byteWidth, indices, runCount)
                done += runCount
            }
        }
    }
}
