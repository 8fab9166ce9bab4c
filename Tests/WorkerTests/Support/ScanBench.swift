import Arrow
import Bytes
import Logging
import Parquet
import Reactor
import S3

@testable import Worker

/// A core that scans single files of a store, without a client.
struct ScanBench {
    let core: Core
    let metrics = Metrics()

    init(on actor: CoreActor, _ loop: EventLoop, footerCacheByteCount: Int = 1 << 20) throws {
        let shared = Shared(
            configuration: Configuration(), metrics: metrics,
            log: PeerLog(
                Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, suppressedCounter: metrics.logLinesSuppressed),
            resolver: Resolver(), trust: try StoreTrust(file: nil), localRoot: nil,
            budget: MemoryBudget(limitByteCount: 1 << 30),
            footers: footerCacheByteCount == 0
                ? nil : FooterCache(limitByteCount: footerCacheByteCount, metrics: metrics),
            idleByteShare: 1 << 20, exchange: nil, bandLimit: 1)
        core = Core(actor: actor, loop: loop, shared: shared)
    }

    /// What came of a scan: the first column's values, if they are 32-bit integers without nulls.
    func scan(_ ticket: Ticket) async throws -> [Int32] {
        let task = try ScanTask(ticket: ticket.bytes)
        let memory = QueryMemory(core: core)
        defer { memory.close() }
        let context = FileScan.Context(
            core: core, task: task,
            opener: ObjectOpener(
                core: core, store: task.store, keys: FragmentKeys(task.store.credentials), memory: memory.fetchPool),
            memory: memory, window: ReadAheadWindow(ReadAheadWindow.Limits(), now: core.loop.now()),
            signal: ScanSignal(home: core.loop.executor))
        let file = FileScan(0, context)
        defer { file.close() }
        file.start()
        var values: [Int32] = []
        while true {
            try file.check()
            guard let scan = file.scan else {
                await core.loop.sleep(nanoseconds: 100_000)
                continue
            }
            if let batch = try scan.nextBatch() {
                let bytes = batch.body.flatMap { $0.copiedBytes() }
                let start = batch.buffers[1].offset
                for row in 0..<batch.rowCount {
                    let first = start + 4 * row
                    let value = bytes[first..<first + 4]
                    values.append(value.reversed().reduce(0) { $0 << 8 | Int32($1) })
                }
            } else if scan.isFinished {
                return values
            } else if !file.work() {
                file.fetch()
                await core.loop.sleep(nanoseconds: 100_000)
            }
        }
    }
}
