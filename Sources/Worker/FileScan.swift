import Arrow
import Bytes
import Grpc
import Parquet
import Reactor

/// One data file of a query: opened, planned and fetched, if need be before its turn to be decoded.
final class FileScan {
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
    private var fetcher: PartFetcher?
    private var isClosed = false
    /// Where other cores find the scan; nil when they have no reason to.
    private var exchange: WorkExchange?
    private var isOffered = false
    /// Nil until the file is planned.
    private(set) var plan: ScanPlan?
    private(set) var scan: Scan?
    private(set) var objectByteCount: UInt64 = 0
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
        fetcher?.cancel()
        source?.cancel()
        context.signal.signal()
    }

    /// - Throws: why the file cannot be read any further.
    func check() throws(Status) {
        if let failure = failure ?? fetcher?.failure { throw failure }
    }

    private func prepare() async throws(Status) {
        let (core, task) = (context.core, context.task)
        let source = try await context.opener.open(file)
        self.source = source
        if isClosed { source.cancel() }
        let head = try await FileHead.read(
            file.name, from: source, byteCountHint: byteCountHint, limits: core.configuration.parquetLimits)
        let plan: ScanPlan
        do throws(ParquetError) {
            plan = try ScanPlan(
                metadata: head.metadata, columns: Projection.columns(of: task, in: head.metadata),
                rowGroups: RowGroupSelection.rowGroups(of: task, in: head.metadata),
                options: core.configuration.scanOptions)
        } catch {
            throw Status(parquetError: error, file: file.name)
        }
        try await context.memory.guarantee(plan.workingByteCount)
        try check()
        let bandCount = core.bandCount(for: plan)
        // What nobody else can take need not wake anybody.
        let exchange = bandCount > 1 ? core.exchange : nil
        self.exchange = exchange
        let signal = context.signal
        let scan = Scan(
            plan: plan, pool: context.memory.pool, bandCount: bandCount,
            observer: Scan.Observer {
                exchange?.announce()
                signal.signal()
            } progressed: {
                signal.signal()
            })
        let fetcher = PartFetcher(
            loop: core.loop, source: TailedSource(tail: head.tail, behind: source), ranges: plan.parts,
            window: context.window, account: context.memory.account
        ) { part, bytes in
            scan.supply(part: part, bytes: bytes)
            signal.signal()
        } failed: {
            signal.signal()
        }
        self.fetcher = fetcher
        self.scan = scan
        self.plan = plan
        core.metrics.wantedBytes.add(plan.wantedByteCount)
        objectByteCount = head.metadata.objectByteCount
        fetcher.advance(releasedByteCount: 0)
    }

    /// Whether all of it was asked for, so that the next file may be.
    var isFetched: Bool { fetcher?.hasStartedAll ?? false }

    /// Keeps the fetches going: what some band waits for, and what the window allows.
    func fetch() {
        guard let scan, let fetcher else { return }
        for part in scan.neededParts { fetcher.want(part) }
        fetcher.advance(releasedByteCount: scan.releasedByteCount)
    }

    /// Lets other cores help, if that pays.
    func offer() {
        guard !isOffered, let scan, let exchange else { return }
        isOffered = true
        exchange.offer(scan)
    }

    private func withdraw() {
        guard isOffered, let scan else { return }
        isOffered = false
        exchange?.withdraw(scan)
    }

    /// Decodes for a while.
    ///
    /// - Returns: whether there was anything to do.
    func work() -> Bool {
        guard let scan, let work = scan.take() else { return false }
        let end = context.core.loop.now() + EventLoop.stepNanoseconds
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
