import Bytes
import Grpc
import Reactor
import Synchronization

/// The memory of one query: where its blocks come from, and its share of the process's budget.
final class QueryMemory {
    let account: MemoryAccount
    /// For what is made of the files' bytes.
    let pool: BlockPool
    /// For the files' bytes.
    let fetchPool: BlockPool
    private let core: Core
    private let signal: ScanSignal
    private var isClosed = false

    init(core: Core) {
        self.core = core
        account = core.budget.openAccount()
        pool = BlockPool(sharing: core.pool, account: account)
        fetchPool = BlockPool(sharing: core.pool, account: account, takesExpected: true)
        signal = ScanSignal(home: core.loop.executor)
    }

    /// Waits, in the order of asking, until the budget has room for what the query needs at least.
    ///
    /// - Throws: RESOURCE_EXHAUSTED for more than the budget could ever give, and when nobody has given anything back for
    ///   a while: those who hold it may be streams that the same client will read only after this one.
    func guarantee(_ byteCount: Int) async throws(Status) {
        // Nobody would give back what a file that was still being opened gets after the end.
        if isClosed { throw Status(.cancelled, "the call was cancelled") }
        let isGranted = Flag()
        signal.arm()
        let answer = account.guarantee(byteCount) { [signal] in
            isGranted.set()
            signal.signal()
        }
        switch answer {
        case .granted: return
        case .neverFits:
            throw Status.scanFailure(
                .resourceExhausted,
                "the scan takes \(byteCount) bytes of memory, and the budget is \(core.budget.limitByteCount)")
        case .waits: core.metrics.memoryWaits.add()
        }
        let limit = core.configuration.memoryWaitNanoseconds
        var isStuck = false
        while !isGranted.isSet, !isStuck, !isClosed {
            let returnCount = core.budget.returnCount
            let timer = core.loop.schedule(at: core.loop.now() + limit) { [signal, budget = core.budget] in
                isStuck = budget.returnCount == returnCount
                signal.signal()
            }
            await signal.wait()
            core.loop.cancel(timer)
            signal.arm()
        }
        guard !isGranted.isSet else { return }
        account.stopWaiting()
        if isClosed { throw Status(.cancelled, "the call was cancelled") }
        throw Status.scanFailure(
            .resourceExhausted,
            "other scans hold the memory, and none has given any back for \(limit / 1_000_000_000) seconds")
    }

    /// Ends guarantee and wait; blocks that are still on their way out count until they are back.
    func close() {
        isClosed = true
        account.close()
        signal.signal()
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }
}
