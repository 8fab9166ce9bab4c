import Parquet
import Reactor
import Synchronization

/// Scans that any core may help with, and the cores that sleep for want of work.
///
/// Work is lent, not scattered: a scan is decoded by its home core, and others take a band of it only while they have
/// nothing of their own to do.
final class WorkExchange: Sendable {
    private struct State {
        var scans: [Scan] = []
        /// Where the next search begins, so that all scans get help in turn.
        var next = 0
        var sleepers: [CoreActor] = []
    }

    private let state = Mutex(State())
    private let stepCounter: Metrics.Counter

    /// - Parameter stepCounter: counts the turns that were lent.
    init(stepCounter: Metrics.Counter) {
        self.stepCounter = stepCounter
    }

    func offer(_ scan: Scan) {
        state.withLock { $0.scans.append(scan) }
        announce()
    }

    func withdraw(_ scan: Scan) {
        state.withLock { state in state.scans.removeAll { $0 === scan } }
    }

    /// Tells one sleeping core that there is something to do.
    func announce() {
        let sleeper = state.withLock { $0.sleepers.popLast() }
        sleeper?.wake()
    }

    /// A core that sleeps, to be given something; not the one that asks.
    func takeSleeper(for core: CoreActor) -> CoreActor? {
        state.withLock { state in
            state.sleepers.lastIndex { $0 !== core }.map { state.sleepers.remove(at: $0) }
        }
    }

    /// A core has work of its own.
    fileprivate func leave(_ core: CoreActor) {
        state.withLock { state in state.sleepers.removeAll { $0 === core } }
    }

    /// Something to do for a core without work of its own; a core that gets nothing is told when that changes.
    fileprivate func take(for core: CoreActor) -> (scan: Scan, work: Scan.Work)? {
        // It counts as asleep before it looks, or work that appears meanwhile would go unnoticed.
        let (scans, start) = state.withLock { state in
            if !state.sleepers.contains(where: { $0 === core }) { state.sleepers.append(core) }
            state.next = state.scans.isEmpty ? 0 : (state.next + 1) % state.scans.count
            return (state.scans, state.next)
        }
        for position in scans.indices {
            let scan = scans[(start + position) % scans.count]
            guard let work = scan.take() else { continue }
            leave(core)
            stepCounter.add()
            return (scan, work)
        }
        return nil
    }
}

/// Makes an idle core help with the scans of others.
final class CoreHelper: Helper {
    private let exchange: WorkExchange
    private let core: CoreActor
    private let loop: EventLoop
    private var held: (scan: Scan, work: Scan.Work)?
    /// Whether the exchange may take the core for asleep.
    private var maySleep = false

    init(exchange: WorkExchange, core: CoreActor, loop: EventLoop) {
        self.exchange = exchange
        self.core = core
        self.loop = loop
    }

    func turn(isBusy: Bool) -> Bool {
        guard !isBusy else {
            // What is held would wait for all that this core has of its own.
            if let (scan, work) = held { scan.putBack(work) }
            held = nil
            // Whoever is woken in its place has time.
            if maySleep { exchange.leave(core) }
            maySleep = false
            return false
        }
        guard let (scan, work) = held ?? exchange.take(for: core) else {
            maySleep = true
            return false
        }
        maySleep = false
        held = (scan, work)
        let end = loop.now() + EventLoop.stepNanoseconds
        repeat {
            guard scan.step(work) else {
                held = nil
                break
            }
        } while loop.now() < end
        return true
    }
}

/// Wakes the query that waits for a scan, from whichever core has moved it on.
final class ScanSignal: Sendable {
    private let home: CoreExecutor
    /// Why unsafe: touched on the home core only.
    private nonisolated(unsafe) let change = Suspension()
    private let isArmed = Atomic(false)

    init(home: CoreExecutor) {
        self.home = home
    }

    /// From here on ``signal()`` ends the next ``wait()``; whoever calls this looks once more before waiting.
    func arm() {
        isArmed.store(true, ordering: .sequentiallyConsistent)
    }

    /// Suspends until ``signal()``; it may also be woken by an earlier one.
    func wait() async {
        unsafe await change.wait()
    }

    /// Something has changed.
    func signal() {
        guard isArmed.exchange(false, ordering: .sequentiallyConsistent) else { return }
        if home.isCurrent {
            unsafe change.wake()
        } else {
            home.post { [self] _ in unsafe change.wake() }
        }
    }
}
