public import Arrow
public import Bytes
import Synchronization

/// What a scan wants done next.
public enum ScanStep {
    /// Supply this part, then step again.
    case needs(part: Int)
    /// Step again.
    case working
    case produced(RecordBatch)
    case finished
}

/// Decodes the row groups of one file into record batches, a little at a time, with as many hands as there are.
///
/// The columns are dealt out to bands. A hand takes a band, moves it on step by step and gives it back; hands may be on
/// different cores. All bands stage a batch, then its layout is made, then all write it, each its columns, into one body.
/// A band that has written goes on to stage the next batch meanwhile.
///
/// - Ownership: batches hold blocks of the pool; parts are held until their pages are done.
/// - Shape: besides the batch being written, at most ``batchLimit`` wait to be fetched with ``nextBatch()``.
/// - Cost: one step decompresses at most one page, or stages or writes one column of one batch.
public final class Scan: Sendable {
    /// Batches that may wait.
    public static let batchLimit = 2

    /// Called without any lock, from whichever core it happened on.
    public struct Observer: Sendable {
        /// There is more to do than the caller will do.
        var workAppeared: @Sendable () -> Void
        /// A batch is ready, a part is needed or was given back, or the scan is over.
        var progressed: @Sendable () -> Void

        public init(
            workAppeared: @escaping @Sendable () -> Void = {}, progressed: @escaping @Sendable () -> Void = {}
        ) {
            self.workAppeared = workAppeared
            self.progressed = progressed
        }
    }

    /// A band that the caller has alone, and what it is to do.
    public struct Work: Sendable {
        fileprivate let place: Int
        fileprivate let band: Band
        fileprivate let task: BandTask
    }

    fileprivate enum BandTask {
        case stage
        case write(OpenBatch)
    }

    private let board: Mutex<ScanBoard>
    private let store: PartStore
    private let observer: Observer

    /// A scan at its beginning.
    ///
    /// - Parameter bandCount: how many hands could work at once; a scan has no more bands than columns.
    public init(plan: ScanPlan, pool: BlockPool, bandCount: Int = 1, observer: Observer = Observer()) {
        precondition(bandCount > 0)
        let store = PartStore(plan: plan)
        self.store = store
        self.observer = observer
        board = Mutex(ScanBoard(plan: plan, pool: pool, store: store, bandCount: bandCount))
    }

    /// Parts that the scan will not look at again.
    public var releasedPartCount: Int { store.releasedPartCount }
    /// The bytes of those parts.
    public var releasedByteCount: Int { store.releasedByteCount }

    /// Hands over the bytes of a part, each once, in any order.
    ///
    /// - Precondition: `bytes` has as many bytes as the part.
    public func supply(part: Int, bytes: Slice) {
        store.supply(part, bytes)
        if board.withLock({ $0.unpark(part) }) { observer.workAppeared() }
    }

    // MARK: Results

    /// The next batch if it is ready.
    ///
    /// - Throws: when the file cannot be read, once all batches before the failure are fetched.
    public func nextBatch() throws(ParquetError) -> RecordBatch? {
        let (batch, failure, hasWork) = board.withLock { board in
            let batch = board.takeBatch()
            return (batch, board.failure, board.hasWork)
        }
        if hasWork { observer.workAppeared() }
        if let batch { return batch }
        if let failure { throw failure }
        return nil
    }

    /// Whether all batches were fetched.
    public var isFinished: Bool { board.withLock { $0.isFinished && $0.batches.isEmpty } }

    /// Whether there is anything to fetch, to do or to be told.
    public var hasNews: Bool {
        board.withLock { !$0.batches.isEmpty || $0.hasWork || $0.isFinished }
    }

    /// Parts that some band waits for, in no order.
    public var neededParts: [Int] { board.withLock { $0.neededParts } }

    // MARK: Work

    /// A band that can be moved on, if there is one; the caller has it until ``step(_:)`` or ``putBack(_:)`` ends that.
    public func take() -> Work? {
        board.withLock { board in
            board.take().map { Work(place: $0, band: board.bands[$0].band, task: $1) }
        }
    }

    /// Does a little work.
    ///
    /// - Returns: true if the caller still has it and may go on, false if it was given back.
    public func step(_ work: Work) -> Bool {
        let progress: Progress
        do throws(ParquetError) {
            switch work.task {
            case .stage: progress = try work.band.stage()
            case .write(let batch): progress = try work.band.write(batch)
            }
        } catch {
            board.withLock { $0.fail(error) }
            observer.progressed()
            return false
        }
        switch progress {
        case .working: return true
        case .needs(let part): return wait(work, for: part)
        case .done:
            let (hasProgressed, hasMore) = board.withLock { board in
                let hasProgressed = board.complete(work.place, work.task)
                return (hasProgressed, board.workCount > 1)
            }
            if hasMore { observer.workAppeared() }
            if hasProgressed { observer.progressed() }
            return false
        }
    }

    /// Gives back work that is not done.
    public func putBack(_ work: Work) {
        board.withLock { $0.putBack(work.place, work.task) }
        observer.workAppeared()
    }

    private func wait(_ work: Work, for part: Int) -> Bool {
        let isParked = board.withLock { board in
            // It may have come meanwhile.
            guard store.slice(part) == nil else { return false }
            board.park(work.place, work.task, for: part)
            return true
        }
        if isParked { observer.progressed() }
        return !isParked
    }

    /// What a single hand does next: fetch a batch, or a step.
    ///
    /// - Throws: when the file cannot be read; the scan is over then.
    public func step() throws(ParquetError) -> ScanStep {
        if let batch = try nextBatch() { return .produced(batch) }
        if isFinished { return .finished }
        guard let work = take() else {
            guard let part = neededParts.first else { preconditionFailure("nothing to do and nothing to wait for") }
            return .needs(part: part)
        }
        if step(work) { putBack(work) }
        return .working
    }
}

/// What is to be done for a scan, what is being done, and what is done.
///
/// - Shape: a band is with a hand, can be taken, waits for a part, or waits for the other bands.
private struct ScanBoard {
    struct Place {
        let band: Band
        var state = State.waiting
    }

    enum State {
        /// For the other bands.
        case waiting
        case ready(Scan.BandTask)
        case taken
        case parked(Scan.BandTask, part: Int)
    }

    private let plan: ScanPlan
    private let pool: BlockPool
    private let bodyTarget: Int
    /// The band of each column, and the column's place in it.
    private let places: [(band: Int, column: Int)]
    private(set) var bands: [Place]
    private let hasDictionaries: Bool
    private var nextGroup = 0
    /// Runs of rows of the row group that are still to come, the next one last.
    private var runs: [(rowCount: Int, isWanted: Bool)] = []
    /// Rows of the row group that were laid out.
    private var rowsDone = 0
    /// Whether a batch is being staged, and how many bands have done so.
    private var isStaging = false
    private var stagedCount = 0
    /// The batch being written, and how many bands have done so.
    private var open: OpenBatch?
    private var writtenCount = 0
    private(set) var batches: [RecordBatch] = []
    private(set) var isFinished = false
    private(set) var failure: ParquetError?

    init(plan: ScanPlan, pool: BlockPool, store: PartStore, bandCount: Int) {
        self.plan = plan
        self.pool = pool
        // The slack behind the body shall not make it need a larger block.
        let target = max(
            min(plan.options.batchBodyByteCount, plan.options.messageLimitByteCount) - Kernels.copySlack, 0)
        bodyTarget = target
        hasDictionaries = plan.columns.contains(where: \.hasDictionaries)
        let deal = plan.dealColumns(among: bandCount)
        bands = deal.map { indices in
            Place(
                band: Band(
                    plan: plan, indices: indices, store: store, pool: pool,
                    spareBlockCount: max(1, Self.spareBlockCount / deal.count), byteLimit: target))
        }
        var places = [(band: Int, column: Int)](repeating: (0, 0), count: plan.columns.count)
        for (band, indices) in deal.enumerated() {
            for (column, index) in indices.enumerated() { places[index] = (band, column) }
        }
        self.places = places
        advance()
    }

    /// Between the columns, where bands that border on each other may write at the same time.
    private var gapByteCount: Int { bands.count > 1 ? BatchLayout.padded(Kernels.copySlack) : 0 }

    /// Blocks that the bands keep from page to page, in all.
    private static let spareBlockCount = 4

    // MARK: Bands

    /// Bands that can be taken.
    var workCount: Int { bands.count { if case .ready = $0.state { true } else { false } } }

    var hasWork: Bool { workCount > 0 }

    var neededParts: [Int] {
        bands.compactMap { if case .parked(_, let part) = $0.state { part } else { nil } }
    }

    /// Work of the oldest batch first.
    mutating func take() -> (place: Int, task: Scan.BandTask)? {
        guard failure == nil else { return nil }
        var found: (place: Int, task: Scan.BandTask)?
        for (place, band) in bands.enumerated() {
            guard case .ready(let task) = band.state else { continue }
            if case .write = task {
                found = (place, task)
                break
            }
            if found == nil { found = (place, task) }
        }
        if let found { bands[found.place].state = .taken }
        return found
    }

    mutating func putBack(_ place: Int, _ task: Scan.BandTask) {
        bands[place].state = .ready(task)
    }

    mutating func park(_ place: Int, _ task: Scan.BandTask, for part: Int) {
        bands[place].state = .parked(task, part: part)
    }

    /// Whether a band can go on.
    mutating func unpark(_ part: Int) -> Bool {
        var isAny = false
        for place in bands.indices {
            guard case .parked(let task, part) = bands[place].state else { continue }
            bands[place].state = .ready(task)
            isAny = true
        }
        return isAny
    }

    /// A band has done what it was to do.
    ///
    /// - Returns: whether a batch is ready or the scan is over.
    mutating func complete(_ place: Int, _ task: Scan.BandTask) -> Bool {
        bands[place].state = .waiting
        let batchCount = batches.count
        switch task {
        case .stage: stagedCount += 1
        case .write:
            writtenCount += 1
            if isStaging { bands[place].state = .ready(.stage) }
            if writtenCount == bands.count { close() }
        }
        advance()
        return batches.count > batchCount || isFinished || failure != nil
    }

    mutating func fail(_ error: ParquetError) {
        failure = failure ?? error
        isFinished = true
        for place in bands.indices { bands[place].state = .waiting }
    }

    mutating func takeBatch() -> RecordBatch? {
        guard !batches.isEmpty else { return nil }
        defer { advance() }
        return batches.removeFirst()
    }

    // MARK: Batches

    /// Makes whatever the bands have waited for.
    private mutating func advance() {
        do throws(ParquetError) {
            if !isFinished, open == nil, runs.isEmpty { beginGroup() }
            guard !isFinished, isStaging, stagedCount == bands.count, open == nil,
                batches.count < Scan.batchLimit
            else { return }
            try layOut()
        } catch {
            fail(error)
        }
    }

    private mutating func beginGroup() {
        if nextGroup > 0 { bands.forEach { $0.band.finish() } }
        guard nextGroup < plan.groups.count else {
            isFinished = true
            return
        }
        let group = plan.groups[nextGroup]
        nextGroup += 1
        runs = Self.runs(group.selection)
        rowsDone = 0
        bands.forEach { $0.band.begin(group) }
        beginStaging()
        for place in bands.indices { bands[place].state = .ready(.stage) }
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

    /// Says how many rows the next batch shall have, if the row group has any more.
    ///
    /// - Precondition: no band is with a hand.
    private mutating func beginStaging() {
        stagedCount = 0
        isStaging = !runs.isEmpty
        guard isStaging else { return }
        let rowCount = chooseRowCount()
        bands.forEach { $0.band.beginStaging(rowCount: rowCount) }
    }

    /// Guesses how many rows fit, and makes the batches of a row group about equal.
    private func chooseRowCount() -> Int {
        guard let rowsLeft = runs.last?.rowCount else { preconditionFailure("no rows are left") }
        let perRow = bands.reduce(0) { $0 + $1.band.bytesPerRow }
        // Each buffer may need padding; a guess a little too low saves most corrections.
        let padding = Double(places.count * 2 * BatchLayout.alignment)
        let fitting = perRow > 0 ? (Double(bodyTarget) * 0.98 - padding) / perRow : Double(rowsLeft)
        let most = max(1, min(Int(max(min(fitting, 1e9), 1)), plan.options.batchRowCount))
        let batchCount = (rowsLeft - 1) / most + 1
        return min(rowsLeft, (rowsLeft - 1) / batchCount + 1)
    }

    private mutating func layOut() throws(ParquetError) {
        let rowCount = try fittingRowCount()
        var layout = BatchLayout()
        var starts = [(node: 0, buffer: 0)]
        starts.reserveCapacity(places.count + 1)
        for place in places {
            try bands[place.band].band.lay(place.column, rowCount: rowCount, into: &layout)
            if gapByteCount > 0 { layout.addGap() }
            starts.append((layout.nodes.count, layout.buffers.count))
        }
        let room = layout.bodyByteCount + Kernels.copySlack
        let body = pool.take(byteCount: room).slice(0, count: room)
        guard var run = runs.popLast() else { preconditionFailure("no rows were left") }
        let batch = OpenBatch(
            rowCount: rowCount, isWanted: run.isWanted, layout: layout, body: body, starts: starts)
        open = batch
        writtenCount = 0
        run.rowCount -= rowCount
        if run.rowCount > 0 { runs.append(run) }
        rowsDone += rowCount
        for place in bands.indices {
            bands[place].state = .ready(.write(batch))
        }
        // They stage once they have written; what they then begin with is said here, where all of them rest.
        beginStaging()
    }

    /// Takes rows away until the batch fits; a single row may be larger than the target.
    private func fittingRowCount() throws(ParquetError) -> Int {
        var rowCount = bands.reduce(Int.max) { min($0, $1.band.stagedRowCount) }
        var tries = 0
        while true {
            var byteCount = places.count * gapByteCount
            for place in bands { byteCount += try place.band.largestByteCount(rowCount: rowCount) }
            if byteCount <= bodyTarget { return rowCount }
            if rowCount == 1 {
                guard byteCount <= plan.options.messageLimitByteCount else {
                    throw .tooLarge(
                        "row \(rowsDone) of the row group takes \(byteCount) bytes",
                        at: ParquetError.Place(rowGroup: plan.groups[nextGroup - 1].index))
                }
                return rowCount
            }
            let share = Double(bodyTarget) / Double(byteCount)
            // Rows of very different size defeat the estimate; halving bounds the work.
            rowCount = max(1, tries < 4 ? min(rowCount - 1, Int(Double(rowCount) * share * 0.98)) : rowCount / 2)
            tries += 1
        }
    }

    private mutating func close() {
        guard let batch = open else { preconditionFailure("no batch is open") }
        open = nil
        guard batch.isWanted else { return }
        batches.append(
            batch.layout.batch(rowCount: batch.rowCount, body: batch.body, dictionaries: takeDictionaries()))
    }

    private func takeDictionaries() -> [RecordBatch.Dictionary] {
        guard hasDictionaries else { return [] }
        let lists = bands.map { $0.band.takeDictionaries() }
        let all = places.flatMap { lists[$0.band].isEmpty ? [] : lists[$0.band][$0.column] }
        return all.enumerated().compactMap { id, values in
            values.map { RecordBatch.Dictionary(id: id, values: $0) }
        }
    }
}
