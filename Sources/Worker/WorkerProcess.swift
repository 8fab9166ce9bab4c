import Bytes
import Logging
import Reactor
import Synchronization

/// The whole worker: starts a core on each thread, serves until it is told to stop, drains, ends.
public enum WorkerProcess {
    /// Version of this worker.
    public static let version = "0.1.0"

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Returns: the exit status of the process.
    public static func run(_ configuration: Configuration) -> Int32 {
        ProcessSignals.hold()
        ProcessLimits.apply()
        ProcessMemory.returnFreedMemory()
        var log = Logger(label: "sqe_worker") { JSONLogHandler(label: $0) }
        log.logLevel = configuration.logLevel
        do throws(ConfigurationError) {
            try configuration.validate()
        } catch {
            log.critical("\(error)")
            return 2
        }
        return ProcessRun(configuration: configuration, log: log).run()
    }
}

/// State of one run, shared by the main thread and the cores.
private final class ProcessRun: Sendable {
    private struct State {
        var cores: [(actor: CoreActor, mailbox: Mailbox<Command>)] = []
        var statusPortsAreOpen = false
        var failure: String?
        var flightPort: UInt16 = 0
        var drainedCount = 0
    }

    /// What the main thread asks of a core.
    private enum Command: Sendable {
        case drain
        case openStatusPorts
    }

    private let configuration: Configuration
    private let log: Logger
    private let metrics = Metrics()
    private let budget: MemoryBudget
    private let idleByteCount: Int
    private let state = Mutex(State())
    private let isDraining = Atomic(false)
    private let startSeconds = CalendarClock.secondsSince1970()

    init(configuration: Configuration, log: Logger) {
        let byteCount = configuration.memoryByteCount ?? ProcessMemory.defaultByteCount()
        self.configuration = configuration.limitingFiles(toMemory: byteCount)
        // For released memory that is kept for the next taker.
        idleByteCount = byteCount / 8
        budget = MemoryBudget(limitByteCount: byteCount - idleByteCount - self.configuration.footerCacheByteCount)
        self.log = log
    }

    func run() -> Int32 {
        guard let kind = chooseRing() else { return 1 }
        let allowed = CorePlacement.allowedProcessors()
        let coreCount = configuration.coreCount ?? CorePlacement.defaultCoreCount()
        let trust: StoreTrust
        do throws(ConfigurationError) {
            trust = try StoreTrust(file: configuration.authorityFile)
        } catch {
            log.critical("\(error)")
            return 1
        }
        let shared: Shared
        do throws(KernelError) {
            shared = Shared(
                configuration: configuration.sharingStores(among: coreCount), metrics: metrics,
                log: PeerLog(log, suppressedCounter: metrics.logLinesSuppressed), resolver: Resolver(), trust: trust,
                localRoot: try configuration.localRoot.map { path throws(KernelError) in try LocalRoot(path: path) },
                budget: budget,
                footers: configuration.footerCacheByteCount == 0
                    ? nil : FooterCache(limitByteCount: configuration.footerCacheByteCount, metrics: metrics),
                idleByteShare: idleByteCount / coreCount,
                exchange: coreCount > 1 ? WorkExchange(stepCounter: metrics.lentTurns) : nil,
                bandLimit: min(2 * coreCount, 8))
        } catch {
            log.critical("the local root cannot be opened: \(error)")
            return 1
        }
        for index in 0..<coreCount {
            // Staying put pays only when every processor has its core; several workers may share a machine otherwise.
            let processor = coreCount == allowed.count ? allowed[index] : nil
            guard startCore(index, kind, processor: processor, shared) else { return fail() }
        }
        guard startStatusPorts() else { return fail() }
        log.info(
            "listening",
            metadata: [
                "port": "\(state.withLock { $0.flightPort })", "reactor": "\(kind.rawValue)", "cores": "\(coreCount)",
                "version": "\(WorkerProcess.version)",
                "authentication": configuration.workerSecret == nil ? "none" : "worker secret",
            ])
        while !ProcessSignals.waitForTermination(nanoseconds: 3_600_000_000_000) {}
        return drain(coreCount)
    }

    private func fail() -> Int32 {
        log.critical("\(state.withLock { $0.failure } ?? "a core did not start")")
        return 1
    }

    private func chooseRing() -> RingKind? {
        if configuration.ringKind == .readiness { return .readiness }
        guard let reason = CoreActor.probe() else { return .uring }
        guard configuration.ringKind == nil else {
            log.critical("io_uring was asked for and is not to be had: \(reason)")
            return nil
        }
        log.notice("io_uring is not to be had, using epoll", metadata: ["reason": "\(reason)"])
        return .readiness
    }

    /// Starts one core and waits until it listens.
    private func startCore(_ index: Int, _ kind: RingKind, processor: Int?, _ shared: Shared) -> Bool {
        do throws(KernelError) {
            try CoreActor.startThread(index: index, kind: kind, processor: processor) { [self] actor in
                let core = Core(actor: actor, loop: actor.loop, shared: shared)
                if let exchange = shared.exchange {
                    actor.loop.helper = CoreHelper(exchange: exchange, core: actor, loop: actor.loop)
                }
                let wanted = state.withLock { $0.flightPort == 0 ? configuration.flightPort : $0.flightPort }
                do throws(KernelError) {
                    let port = try core.listen(port: wanted)
                    actor.resident = core
                    let mailbox = Mailbox<Command>(core: actor, capacity: 4) { [self] actor, command in
                        obey(command, on: actor)
                    }
                    state.withLock {
                        $0.flightPort = port
                        $0.cores.append((actor, mailbox))
                    }
                } catch {
                    state.withLock { $0.failure = "cannot listen on port \(wanted): \(error)" }
                }
            } failed: { [self] error in
                state.withLock { $0.failure = "the ring cannot be made: \(error)" }
            }
        } catch {
            state.withLock { $0.failure = "a thread cannot be started: \(error)" }
        }
        return waitUntil { $0.cores.count > index }
    }

    /// Waits for the cores to get somewhere; false when one of them has failed.
    private func waitUntil(_ condition: (State) -> Bool) -> Bool {
        while true {
            let (isMet, hasFailed) = state.withLock { (condition($0), $0.failure != nil) }
            if hasFailed { return false }
            if isMet { return true }
            if ProcessSignals.waitForTermination(nanoseconds: 1_000_000) {
                state.withLock { $0.failure = "told to stop while starting" }
            }
        }
    }

    private func obey(_ command: Command, on actor: isolated CoreActor) {
        guard let core = actor.resident as? Core else { preconditionFailure("a core without its resident") }
        switch command {
        case .drain:
            core.drain { [self] in state.withLock { $0.drainedCount += 1 } }
        case .openStatusPorts:
            let port = configuration.metricsPort
            do throws(KernelError) {
                try StatusServer(port: port, loop: actor.loop) { [self] in await metricsAnswer($0) }.run()
                try StatusServer(port: port + 1, loop: actor.loop) { [self] in healthAnswer($0) }.run()
                state.withLock { $0.statusPortsAreOpen = true }
            } catch {
                state.withLock {
                    $0.failure = "cannot listen on the metrics and health ports \(port), \(port + 1): \(error)"
                }
            }
        }
    }

    // MARK: Ending

    private func drain(_ coreCount: Int) -> Int32 {
        log.info("draining")
        isDraining.store(true, ordering: .relaxed)
        for (_, mailbox) in state.withLock({ $0.cores }) { _ = mailbox.post(.drain) }
        let end = MonotonicClock.now() + configuration.drainNanoseconds
        while state.withLock({ $0.drainedCount }) < coreCount {
            if ProcessSignals.waitForTermination(nanoseconds: 10_000_000) {
                log.warning("told to stop twice, ending at once")
                return 1
            }
            if MonotonicClock.now() >= end {
                log.warning("scans still run after the drain limit, ending")
                return 0
            }
        }
        log.info("stopped")
        return 0
    }

    // MARK: Metrics and health

    private func startStatusPorts() -> Bool {
        guard configuration.metricsPort != 0, let first = state.withLock({ $0.cores.first }) else { return true }
        _ = first.mailbox.post(.openStatusPorts)
        return waitUntil { $0.statusPortsAreOpen }
    }

    private func metricsAnswer(_ path: String) async -> StatusServer.Answer? {
        guard path == "/metrics" else { return nil }
        var readings: [Metrics.CoreReading] = []
        for (actor, _) in state.withLock({ $0.cores }) { readings.append(await actor.reading()) }
        return StatusServer.Answer(
            status: 200, contentType: "text/plain; charset=utf-8", body: metrics.exposition(readings, budget: budget))
    }

    private func healthAnswer(_ path: String) -> StatusServer.Answer? {
        let drains = isDraining.load(ordering: .relaxed)
        switch path {
        case "/healthz": return StatusServer.Answer(status: 200, contentType: "text/plain", body: "ok")
        case "/readyz":
            return drains
                ? StatusServer.Answer(status: 503, contentType: "text/plain", body: "not ready")
                : StatusServer.Answer(
                    status: 200, contentType: "application/json", body: #"{"status":"healthy","checks":{}}"#)
        case "/api/v1/status":
            let seconds = CalendarClock.secondsSince1970() - startSeconds
            let node = #"{"role":"worker","version":"\#(WorkerProcess.version)","uptimeSeconds":\#(seconds)}"#
            return StatusServer.Answer(
                status: 200, contentType: "application/json",
                body: #"{"status":"ACTIVE","node":\#(node),"workers":null}"#)
        default: return nil
        }
    }
}

extension CoreActor {
    /// What only this core knows; may be asked from any core.
    fileprivate func reading() -> Metrics.CoreReading {
        (resident as? Core)?.reading ?? Metrics.CoreReading()
    }
}
