import Arrow
import Bytes
import Grpc
import Parquet
import Reactor

/// One data file of a query: opened, planned and fetched, if need be before its turn to be decoded.
final class FileScan {
    /// A file that is planned and being fetched.
    private struct Progress {
        let plan: ScanPlan
        let scan: Scan
        let fetcher: PartFetcher
        /// Where other cores find the scan; nil when they have no reason to.
        let exchange: WorkExchange?
        let firstAnswer: FirstAnswer
        let objectByteCount: UInt64
    }

    /// What the files of one query share.
    struct Context {
        let core: Core
        let task: ScanTask
        let opener: ObjectOpener
        let memory: QueryMemory
        let window: ReadAheadWindow
        let signal: ScanSignal
    }

    let file: ScanTask.DataFile
    private let context: Context
    private let byteCountHint: UInt64?
    private var source: (any ObjectSource)?
    private var isClosed = false
    private var isOffered = false
    /// Nil until the file is planned, and the store has answered for it.
    private var progress: Progress?
    private var failure: Status?

    /// - Parameter index: of the file in the task.
    init(_ index: Int, _ context: Context) {
        file = context.task.files[index]
        byteCountHint = context.task.fileByteCounts[index]
        self.context = context
    }

    /// Opens and plans the file, and begins to fetch it.
    func start() {
        context.core.loop.spawn { [self] in
            do throws(Status) {
                try await prepare()
            } catch {
                failure = failure ?? error
            }
            context.signal.signal()
        }
    }

    /// Ends everything that is under way.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        failure = failure ?? Status(.cancelled, "the call was cancelled")
        withdraw()
        progress?.fetcher.cancel()
        source?.cancel()
        context.signal.signal()
    }

    /// - Throws: why the file cannot be read any further.
    func check() throws(Status) {
        if let failure = failure ?? progress?.fetcher.failure { throw failure }
    }

    private func prepare() async throws(Status) {
        var source = try await open()
        if let slot = slot(for: source), let footer = slot.find() {
            progress = try await resume(from: footer, in: slot, source)
            if progress != nil { return }
            source = try await open()
        }
        let head = try await FileHead.read(
            file.name, from: source, byteCountHint: byteCountHint, limits: context.core.configuration.parquetLimits)
        slot(for: source)?.keep(head.metadata)
        progress = try await begin(
            try plan(head.metadata), of: head.metadata, from: TailedSource(tail: head.tail, behind: source))
    }

    private func open() async throws(Status) -> any ObjectSource {
        let source = try await context.opener.open(file)
        self.source = source
        if isClosed { source.cancel() }
        return source
    }

    private func slot(for source: any ObjectSource) -> FooterSlot? {
        FooterSlot(for: source, statedByteCount: byteCountHint, in: context.core.footers)
    }

    /// Fetches the pages by a footer that an earlier scan has read, and waits for the store's first answer: until then
    /// nobody knows that the file is still the same and that this client may read it, so the client gets nothing.
    ///
    /// - Returns: nil when the file has to be opened afresh.
    private func resume(
        from footer: FooterCache.Footer, in slot: FooterSlot, _ source: any ObjectSource
    ) async throws(Status) -> Progress? {
        // What is wrong with the file is also only for those who may read it.
        guard let plan = try? plan(footer.metadata) else { return nil }
        let progress = try await begin(plan, of: footer.metadata, from: source)
        do throws(Status) {
            if plan.parts.isEmpty {
                let end = footer.metadata.objectByteCount
                _ = try await source.read(ByteRange(offset: end - 1, count: 1))
            } else {
                // Whatever the read-ahead allows.
                progress.fetcher.want(0)
                await progress.firstAnswer.wait()
            }
            if let failure = failure ?? progress.fetcher.failure { throw failure }
            return progress
        } catch {
            progress.fetcher.cancel()
            slot.drop(footer, after: error)
            guard error.code == .aborted else { throw error }
            return nil
        }
    }

    private func plan(_ metadata: FileMetadata) throws(Status) -> ScanPlan {
        do throws(ParquetError) {
            return try ScanPlan(
                metadata: metadata, columns: Projection.columns(of: context.task, in: metadata),
                rowGroups: RowGroupSelection.rowGroups(of: context.task, in: metadata),
                options: context.core.configuration.scanOptions)
        } catch {
            throw Status(parquetError: error, file: file.name)
        }
    }

    /// Starts to fetch and to decode, once there is memory for it.
    private func begin(
        _ plan: ScanPlan, of metadata: FileMetadata, from source: any ObjectSource
    ) async throws(Status) -> Progress {
        let core = context.core
        try await context.memory.guarantee(plan.workingByteCount)
        try check()
        let bandCount = core.bandCount(for: plan)
        // What nobody else can take need not wake anybody.
        let exchange = bandCount > 1 ? core.exchange : nil
        let signal = context.signal
        let scan = Scan(
            plan: plan, pool: context.memory.pool, bandCount: bandCount,
            observer: Scan.Observer {
                exchange?.announce()
                signal.signal()
            } progressed: {
                signal.signal()
            })
        let firstAnswer = FirstAnswer()
        let fetcher = PartFetcher(
            loop: core.loop, source: source, ranges: plan.parts, window: context.window,
            account: context.memory.account,
            lender: exchange == nil ? nil : core.lender
        ) { part, bytes in
            scan.supply(part: part, bytes: bytes)
            firstAnswer.come()
            signal.signal()
        } failed: {
            firstAnswer.come()
            signal.signal()
        }
        source.countWanted(byteCount: plan.wantedByteCount)
        fetcher.advance(releasedByteCount: 0)
        return Progress(
            plan: plan, scan: scan, fetcher: fetcher, exchange: exchange, firstAnswer: firstAnswer,
            objectByteCount: metadata.objectByteCount)
    }

    /// Nil until the file is planned.
    var plan: ScanPlan? { progress?.plan }
    var scan: Scan? { progress?.scan }
    var objectByteCount: UInt64 { progress?.objectByteCount ?? 0 }

    /// Whether all of it was asked for, so that the next file may be.
    var isFetched: Bool { progress?.fetcher.hasStartedAll ?? false }

    /// Keeps the fetches going: what some band waits for, and what the window allows.
    func fetch() {
        guard let progress else { return }
        for part in progress.scan.neededParts { progress.fetcher.want(part) }
        progress.fetcher.advance(releasedByteCount: progress.scan.releasedByteCount)
    }

    /// Lets other cores help, if that pays.
    func offer() {
        guard !isOffered, let progress, let exchange = progress.exchange else { return }
        isOffered = true
        exchange.offer(progress.scan)
    }

    private func withdraw() {
        guard isOffered, let progress else { return }
        isOffered = false
        progress.exchange?.withdraw(progress.scan)
    }

    /// Decodes for a while.
    ///
    /// - Returns: whether there was anything to do.
    func work() -> Bool {
        guard let scan, let work = scan.take() else { return false }
        let end = context.core.loop.stepDeadline
        while scan.step(work) {
            guard context.core.loop.now() < end else {
                scan.putBack(work)
                break
            }
        }
        fetch()
        return true
    }
}

/// Whether a store has said anything yet about the parts that were asked for.
private final class FirstAnswer {
    private let change = Suspension()
    private var hasCome = false

    func come() {
        hasCome = true
        change.wake()
    }

    func wait() async {
        guard !hasCome else { return }
        await change.wait()
    }
}
