import Arrow
import Bytes

/// Some columns of a scan, decoded by one hand at a time.
///
/// Why `@unchecked Sendable`: a band goes from core to core, and whoever took it from the ``Scan`` has it alone until it is
/// given back, under the scan's lock.
final class Band: @unchecked Sendable {
    /// Their places among the columns of the plan.
    let indices: [Int]
    private let columns: [any ColumnDecoder]
    private let leafRanges: [Range<Int>]
    private let resources: ScanResources
    /// Columns of variable size first, because they decide how many rows the batch has.
    private let stagingOrder: [Int]
    private let variableColumnCount: Int
    private let byteLimit: Int
    private let hasDictionaries: Bool
    /// Columns that are done with in what is being done.
    private var position = 0
    /// Rows of the batch being staged.
    private(set) var stagedRowCount = 0
    /// One list of dictionaries for each column, of the batch just written.
    private var dictionaries: [[RecordBatch?]] = []

    /// - Parameters:
    ///   - indices: ascending.
    ///   - byteLimit: what a column of variable size need not go far beyond in one batch.
    init(plan: ScanPlan, indices: [Int], store: PartStore, pool: BlockPool, spareBlockCount: Int, byteLimit: Int) {
        let resources = ScanResources(
            options: plan.options, store: store, pool: pool, spareBlockCount: spareBlockCount)
        self.indices = indices
        self.resources = resources
        self.byteLimit = byteLimit
        hasDictionaries = indices.contains { plan.columns[$0].hasDictionaries }
        columns = indices.map { index in
            let shape = plan.columns[index]
            if shape.isAbsent { return AbsentColumn() }
            if case .leaf(let leaf) = shape.kind { return FlatColumn(leaf: leaf, scan: resources) }
            return NestedColumn(shape, scan: resources)
        }
        leafRanges = indices.map { plan.leafRanges[$0] }
        let variable = columns.indices.filter { [columns] in columns[$0].isVariable }
        variableColumnCount = variable.count
        stagingOrder = variable + columns.indices.filter { [columns] in !columns[$0].isVariable }
    }

    // MARK: Row groups

    func begin(_ group: ScanPlan.Group) {
        for (column, leaves) in zip(columns, leafRanges) {
            column.begin(Array(group.chunks[leaves]), rowCount: group.rowCount)
        }
    }

    func finish() {
        columns.forEach { $0.finish() }
    }

    // MARK: One batch

    /// Bytes of a row in the body, as far as can be told beforehand.
    var bytesPerRow: Double { columns.reduce(0) { $0 + $1.bytesPerRow } }

    /// Prepares for ``stage()``.
    func beginStaging(rowCount: Int) {
        stagedRowCount = rowCount
        resources.firstRowEntryCount = 0
    }

    /// Moves on towards knowing the size of the next ``stagedRowCount`` rows, which may become fewer.
    func stage() throws(ParquetError) -> Progress {
        guard position < columns.count else { return .done }
        let column = columns[stagingOrder[position]]
        let progress = try column.stage(rowCount: stagedRowCount, byteLimit: byteLimit)
        guard progress == .done else { return progress }
        if position < variableColumnCount, let staged = column.stagedRowCount {
            stagedRowCount = min(stagedRowCount, staged)
        }
        return passColumn()
    }

    /// The size of `rowCount` rows when every optional column of constant size has nulls.
    func largestByteCount(rowCount: Int) throws(ParquetError) -> Int {
        var sum = 0
        for column in columns { sum += try column.largestByteCount(rowCount: rowCount) }
        return sum
    }

    /// Adds the arrays and buffers of one column.
    ///
    /// - Parameter place: of the column in ``indices``.
    func lay(_ place: Int, rowCount: Int, into layout: inout BatchLayout) throws(ParquetError) {
        try columns[place].lay(rowCount: rowCount, into: &layout)
    }

    /// Moves on towards having written the batch.
    func write(_ batch: OpenBatch) throws(ParquetError) -> Progress {
        guard position < columns.count else { return .done }
        let target = batch.target(indices[position])
        let progress = try columns[position].write(rowCount: batch.rowCount, to: target)
        guard progress == .done else { return progress }
        clearPadding(target)
        guard passColumn() == .done else { return .working }
        // Of a batch that is dropped they are not: a later one would refer to them.
        if batch.isWanted, hasDictionaries { dictionaries = columns.map { $0.takeDictionaries() } }
        return .done
    }

    private func passColumn() -> Progress {
        position += 1
        guard position == columns.count else { return .working }
        position = 0
        return .done
    }

    /// The dictionaries to be sent before the batch just written; one list for each column, or none for a band without.
    func takeDictionaries() -> [[RecordBatch?]] {
        defer { dictionaries = [] }
        return dictionaries
    }

    /// Padding and gaps are sent, so they must not show what the memory held before.
    private func clearPadding(_ target: ColumnTarget) {
        let buffers = target.layout.buffers
        for index in target.buffers {
            let end = buffers[index].offset + buffers[index].count
            let next = index + 1 < buffers.count ? buffers[index + 1].offset : target.layout.bodyByteCount
            Kernels.zero(target.body.extracting(end..<next))
        }
    }
}

/// A batch whose layout is known and whose columns are being written.
struct OpenBatch: Sendable {
    let rowCount: Int
    /// Whether anybody wants its rows; they are dropped otherwise.
    let isWanted: Bool
    let layout: BatchLayout
    /// The body and its slack.
    let body: Slice
    /// Where the arrays and buffers of each column begin; one place more than there are columns.
    let starts: [(node: Int, buffer: Int)]

    func target(_ column: Int) -> ColumnTarget {
        let (start, end) = (starts[column], starts[column + 1])
        return ColumnTarget(
            body: body, layout: layout, nodes: start.node..<end.node, buffers: start.buffer..<end.buffer)
    }
}
