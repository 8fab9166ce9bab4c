import Bytes

/// One leaf of a nested column: its pages, the levels that were looked at, and its values.
final class NestedLeaf {
    /// Entries whose levels are decoded between two looks at the limits.
    private static let stride = 8192

    let leaf: Leaf
    let values: any ValueDecoder
    let queue: PageQueue
    private let scan: ScanResources
    private var levels: StagedLevels
    /// Null fixed-size lists get elements of their own; nil where there are no such lists.
    private let padding: FixedSizePadding?
    private var groupRowCount = 0
    /// Rows of the row group that were written.
    private var rowsDone = 0
    /// The entries of the batch in the making.
    private(set) var entries: Entries

    init(_ leaf: Leaf, fixedSizes: [FixedSizePadding.List], scan: ScanResources) {
        self.leaf = leaf
        self.scan = scan
        padding = fixedSizes.isEmpty ? nil : FixedSizePadding(fixedSizes, scan: scan)
        values = leaf.values.decoder(leaf, scan: scan)
        queue = PageQueue(leaf: leaf, scan: scan)
        levels = StagedLevels(leaf: leaf, pool: scan.pool)
        entries = Entries(repetition: levels.repetition, definition: levels.definition, holes: nil)
    }

    func begin(_ chunk: ScanPlan.Chunk?, rowCount: Int) {
        guard let chunk else { preconditionFailure("a leaf without its column chunk") }
        queue.begin(chunk, rowCount: rowCount)
        values.begin(bytesPerValue: chunk.bytesPerRow * Double(rowCount) / Double(max(chunk.valueCount, 1)))
        groupRowCount = rowCount
        rowsDone = 0
    }

    func finish() {
        queue.finish()
        values.finish()
        levels.removeAll()
    }

    /// Rows of which every entry is there.
    var stagedRowCount: Int {
        // Only the next row, or the end, tells that a row is over.
        leaf.maxRepetition == 0 || queue.isExhausted ? levels.rowCount : max(levels.rowCount - 1, 0)
    }

    /// An estimate that may rest on what the metadata says, however large that is.
    private var stagedByteCount: Double {
        Double(values.stagedByteCount) + Double(levels.entryCount) * values.bytesPerSlot
    }

    /// Moves on until `rowCount` rows are staged or, with one row at least, `byteLimit` is passed.
    func stage(rowCount: Int, byteLimit: Int) throws(ParquetError) -> Progress {
        // Of more entries even bits would not fit into a message.
        let entryLimit = 8 * scan.options.messageLimitByteCount
        while stagedRowCount < rowCount {
            if stagedRowCount > 0 {
                if stagedByteCount > Double(byteLimit) || levels.entryCount > entryLimit { break }
            } else if scan.firstRowEntryCount + levels.entryCount > entryLimit {
                throw .tooLarge("a row of more than \(levels.entryCount) values", at: queue.place(page: nil))
            }
            let limit = leaf.maxRepetition == 0 ? min(Self.stride, rowCount - levels.rowCount) : Self.stride
            if let staged = try queue.stage(limit: limit, into: &levels) {
                try queue.located(page: queue.pages[staged.page].index) { () throws(Defect) in
                    try values.stage(staged.valueCount, of: &queue.pages[staged.page])
                }
            } else {
                guard !queue.isExhausted else {
                    throw .malformed(
                        "the column chunk ends before its \(groupRowCount - rowsDone - levels.rowCount) last rows",
                        at: queue.place(page: nil))
                }
                return try queue.load(for: values)
            }
            guard levels.rowCount <= groupRowCount - rowsDone else {
                throw .malformed("the pages hold more rows than the row group", at: queue.place(page: nil))
            }
        }
        scan.firstRowEntryCount += levels.entryCount(ofRows: 1)
        return .done
    }

    /// Makes ``entries`` those of the first `rowCount` rows.
    ///
    /// - Throws: when a fixed-size list has another size.
    func select(rowCount: Int) throws(ParquetError) {
        let count = levels.entryCount(ofRows: rowCount)
        entries = Entries(
            repetition: levels.repetition.extracting(0..<(leaf.maxRepetition > 0 ? count : 0)),
            definition: levels.definition.extracting(0..<count), holes: nil)
        guard let padding, padding.isNeeded(entries) else { return }
        entries = try queue.located(page: nil) { () throws(Defect) in try padding.pad(entries) }
    }

    /// The first `rowCount` rows are written.
    func removeFirst(rowCount: Int) {
        levels.removeFirst(entries: levels.entryCount(ofRows: rowCount), rows: rowCount)
        rowsDone += rowCount
        queue.dropDonePages()
    }
}

/// Levels of some entries, one byte an entry.
struct Entries {
    /// Empty where no level is above 0.
    let repetition: Slice
    let definition: Slice
    /// For entries that only fill a null fixed-size list: which of the nested ones, counted from 1; else 0.
    let holes: Slice?

    var count: Int { definition.count }
    var wordCount: Int { (count + 63) / 64 }
}
