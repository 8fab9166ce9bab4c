public import Arrow
public import Bytes

/// What a scan wants done next.
public enum ScanStep {
    /// Supply this part, then step again.
    case needs(part: Int)
    /// Step again.
    case working
    case produced(RecordBatch)
    case finished
}

/// Decodes the row groups of one file into record batches, a little at a time.
///
/// - Ownership: lives on one core. Batches hold blocks of the pool; parts are held until their pages are done.
/// - Cost: one ``step()`` decompresses at most one page, or stages or writes one column of one batch.
public final class Scan {
    private enum Phase {
        case nextGroup
        /// How many rows the next batch has.
        case size
        /// Columns in staging order: those of variable size first, because they decide.
        case stage(Int)
        case write(column: Int)
        case finished
    }

    /// The batch that is being written.
    private struct Open {
        let rowCount: Int
        let layout: BatchLayout
        let body: Slice
        /// Where the arrays and buffers of each column begin; one place more than there are columns.
        let starts: [(node: Int, buffer: Int)]
    }

    private let plan: ScanPlan
    private let resources: ScanResources
    private let columns: [any ColumnDecoder]
    /// The column chunks of each column within a group.
    private let leafRanges: [Range<Int>]
    private let stagingOrder: [Int]
    private let variableColumnCount: Int
    private let bodyTarget: Int
    private var phase = Phase.nextGroup
    private var nextGroup = 0
    /// Runs of rows of the row group that are still to come, the next one last.
    private var runs: [(rowCount: Int, isWanted: Bool)] = []
    /// Rows of the batch in the making.
    private var rowCount = 0
    private var open: Open?
    /// Rows of the row group that are done with.
    private var rowsDone = 0

    /// A scan at its beginning.
    public init(plan: ScanPlan, pool: BlockPool) {
        self.plan = plan
        let resources = ScanResources(plan: plan, pool: pool)
        self.resources = resources
        columns = plan.columns.map { shape in
            if shape.isAbsent { return AbsentColumn() }
            if case .leaf(let leaf) = shape.kind { return FlatColumn(leaf: leaf, scan: resources) }
            return NestedColumn(shape, scan: resources)
        }
        var first = 0
        leafRanges = plan.columns.map { shape in
            defer { first += shape.leaves.count }
            return first..<first + shape.leaves.count
        }
        let variable = columns.indices.filter { [columns] in columns[$0].isVariable }
        variableColumnCount = variable.count
        stagingOrder = variable + columns.indices.filter { [columns] in !columns[$0].isVariable }
        // The slack behind the body shall not make it need a larger block.
        bodyTarget = max(
            min(plan.options.batchBodyByteCount, plan.options.messageLimitByteCount) - Kernels.copySlack, 0)
    }

    /// Parts that the scan will not look at again.
    public var releasedPartCount: Int { resources.store.releasedPartCount }
    /// The bytes of those parts.
    public var releasedByteCount: Int { resources.store.releasedByteCount }

    /// Hands over the bytes of a part, each once, in any order.
    ///
    /// - Precondition: `bytes` has as many bytes as the part.
    public func supply(part: Int, bytes: Slice) {
        resources.store.supply(part, bytes)
    }

    /// Does a little work.
    ///
    /// - Throws: when the file cannot be read; the scan is over then.
    public func step() throws(ParquetError) -> ScanStep {
        switch phase {
        case .nextGroup: return beginGroup()
        case .size:
            chooseRowCount()
            resources.firstRowEntryCount = 0
            phase = .stage(0)
            return .working
        case .stage(let position): return try stage(position)
        case .write(let column): return try write(column)
        case .finished: return .finished
        }
    }

    private func beginGroup() -> ScanStep {
        if nextGroup > 0 { columns.forEach { $0.finish() } }
        guard nextGroup < plan.groups.count else {
            phase = .finished
            return .finished
        }
        let group = plan.groups[nextGroup]
        nextGroup += 1
        runs = Self.runs(group.selection)
        rowsDone = 0
        for index in columns.indices {
            columns[index].begin(Array(group.chunks[leafRanges[index]]), rowCount: group.rowCount)
        }
        phase = .size
        return .working
    }

    /// What to do with the rows of a group, from the last selected one back to the first.
    private static func runs(_ selection: [Range<Int>]) -> [(rowCount: Int, isWanted: Bool)] {
        var runs: [(rowCount: Int, isWanted: Bool)] = []
        var end = 0
        for range in selection {
            if range.lowerBound > end { runs.append((range.lowerBound - end, false)) }
            runs.append((range.count, true))
            end = range.upperBound
        }
        return runs.reversed()
    }

    /// Guesses how many rows fit, and makes the batches of a row group about equal.
    private func chooseRowCount() {
        guard let rowsLeft = runs.last?.rowCount else { preconditionFailure("no rows are left") }
        let perRow = columns.reduce(0) { $0 + $1.bytesPerRow }
        // Each buffer may need padding; a guess a little too low saves most corrections.
        let padding = Double(columns.count * 2 * BatchLayout.alignment)
        let fitting = perRow > 0 ? (Double(bodyTarget) * 0.98 - padding) / perRow : Double(rowsLeft)
        let most = max(1, min(Int(max(min(fitting, 1e9), 1)), plan.options.batchRowCount))
        let batchCount = (rowsLeft - 1) / most + 1
        rowCount = min(rowsLeft, (rowsLeft - 1) / batchCount + 1)
    }

    private func stage(_ position: Int) throws(ParquetError) -> ScanStep {
        if position == variableColumnCount { try fitRowCount() }
        guard position < columns.count else {
            try layOut()
            phase = .write(column: 0)
            return .working
        }
        let column = columns[stagingOrder[position]]
        switch try column.stage(rowCount: rowCount, byteLimit: bodyTarget) {
        case .needs(let part): return .needs(part: part)
        case .working: return .working
        case .done:
            if position < variableColumnCount, let staged = column.stagedRowCount { rowCount = min(rowCount, staged) }
            phase = .stage(position + 1)
            return .working
        }
    }

    /// Takes rows away until the batch fits; a single row may be larger than the target.
    private func fitRowCount() throws(ParquetError) {
        var tries = 0
        while true {
            let byteCount = try largestBodyByteCount(rowCount)
            if byteCount <= bodyTarget { return }
            if rowCount == 1 {
                guard byteCount <= plan.options.messageLimitByteCount else {
                    throw .tooLarge(
                        "row \(rowsDone) of the row group takes \(byteCount) bytes",
                        at: ParquetError.Place(rowGroup: plan.groups[nextGroup - 1].index))
                }
                return
            }
            let share = Double(bodyTarget) / Double(byteCount)
            // Rows of very different size defeat the estimate; halving bounds the work.
            rowCount = max(1, tries < 4 ? min(rowCount - 1, Int(Double(rowCount) * share * 0.98)) : rowCount / 2)
            tries += 1
        }
    }

    /// The body's size when every optional column of constant size has nulls, which is not known yet.
    private func largestBodyByteCount(_ rowCount: Int) throws(ParquetError) -> Int {
        var sum = 0
        for column in columns { sum += try column.largestByteCount(rowCount: rowCount) }
        return sum
    }

    private func layOut() throws(ParquetError) {
        var layout = BatchLayout()
        var starts = [(node: 0, buffer: 0)]
        starts.reserveCapacity(columns.count + 1)
        for column in columns {
            try column.lay(rowCount: rowCount, into: &layout)
            starts.append((layout.nodes.count, layout.buffers.count))
        }
        let room = layout.bodyByteCount + Kernels.copySlack
        let body = resources.pool.take(byteCount: room).slice(0, count: room)
        open = Open(rowCount: rowCount, layout: layout, body: body, starts: starts)
    }

    private func write(_ index: Int) throws(ParquetError) -> ScanStep {
        guard let open else { preconditionFailure("no batch is open") }
        guard index < columns.count else { return close(open) }
        let (start, end) = (open.starts[index], open.starts[index + 1])
        let target = ColumnTarget(
            body: open.body, layout: open.layout, nodes: start.node..<end.node, buffers: start.buffer..<end.buffer)
        switch try columns[index].write(rowCount: open.rowCount, to: target) {
        case .needs(let part): return .needs(part: part)
        case .working: return .working
        case .done:
            clearPadding(target)
            phase = .write(column: index + 1)
            return .working
        }
    }

    /// Padding is sent, so it must not show what the memory held before.
    private func clearPadding(_ target: ColumnTarget) {
        for buffer in target.layout.buffers[target.buffers] {
            let end = buffer.offset + buffer.count
            Kernels.zero(target.body.extracting(end..<buffer.offset + BatchLayout.padded(buffer.count)))
        }
    }

    private func close(_ open: Open) -> ScanStep {
        self.open = nil
        guard var run = runs.popLast() else { preconditionFailure("no rows were left") }
        run.rowCount -= open.rowCount
        if run.rowCount > 0 { runs.append(run) }
        rowsDone += open.rowCount
        phase = runs.isEmpty ? .nextGroup : .size
        guard run.isWanted else { return .working }
        return .produced(
            open.layout.batch(rowCount: open.rowCount, body: open.body, dictionaries: takeDictionaries()))
    }

    private func takeDictionaries() -> [RecordBatch.Dictionary] {
        columns.flatMap { $0.takeDictionaries() }.enumerated().compactMap { id, values in
            values.map { RecordBatch.Dictionary(id: id, values: $0) }
        }
    }
}
