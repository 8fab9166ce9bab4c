import Bytes
import Flight
import Logging
import Parquet
import Reactor
import S3
import Synchronization

/// Everything that lives on one core: its listener, connections, pools.
final class Core {
    /// Most connections of one core; more are closed at once.
    private static let connectionLimit = 1024
    /// A file that holds no more is decoded at home, in one go.
    private static let smallScanByteCount = 4.0 * 1024 * 1024
    /// Released memory that a core keeps for the next batch, unless that is much of what there is. With 32 MiB a full scan
    /// of uncompressed files touches 100 MB of fresh memory for each GB it sends, and takes a tenth more processor time.
    private static let idleByteLimit = 48 << 20

    let actor: CoreActor
    let loop: EventLoop
    let configuration: Configuration
    let authentication: Authentication
    let metrics: Metrics
    let log: PeerLog
    let pool: BlockPool
    let storeReading: StoreReader.Shared
    let fragments: FragmentRegistry
    let localRoot: LocalRoot?
    let budget: MemoryBudget
    /// Nil when none are kept.
    let footers: FooterCache?
    /// Nil where no other core could help.
    let exchange: WorkExchange?
    let lender: ReadLender?
    private let bandLimit: Int
    private var listener: Listener?
    private var connections: [ObjectIdentifier: ClientConnection] = [:]
    private var isDraining = false
    private var drained: (() -> Void)?
    private var drainWaiters: [ObjectIdentifier: Suspension] = [:]

    init(actor: CoreActor, loop: EventLoop, shared: Shared) {
        self.actor = actor
        self.loop = loop
        budget = shared.budget
        footers = shared.footers
        pool = BlockPool(
            idleLimitByteCount: min(Self.idleByteLimit, shared.idleByteShare), busyLimitByteCount: shared.idleByteShare)
        exchange = shared.exchange
        lender = shared.exchange.map {
            ReadLender(exchange: $0, core: actor, loop: loop, readCounter: shared.metrics.lentReads)
        }
        bandLimit = shared.bandLimit
        configuration = shared.configuration
        authentication = Authentication(secret: shared.configuration.workerSecret)
        metrics = shared.metrics
        log = shared.log
        localRoot = shared.localRoot
        loop.allowsZeroCopy = shared.configuration.sendsZeroCopy
        fragments = shared.fragments
        let stores = StorePool(
            loop: loop,
            shared: StorePool.Shared(resolver: shared.resolver, metrics: shared.metrics, trust: shared.trust),
            buffers: pool, limits: shared.configuration.storeLimits)
        storeReading = StoreReader.Shared(
            loop: loop, pool: stores, states: shared.endpointStates, metrics: shared.metrics,
            policy: shared.configuration.retryPolicy, hedges: shared.configuration.hedgesRequests,
            keyWaitNanoseconds: shared.configuration.keyWaitNanoseconds)
    }

    /// How many hands could decode a file: small ones are not worth the way to another core.
    func bandCount(for plan: ScanPlan) -> Int {
        exchange != nil && plan.valueByteCount > Self.smallScanByteCount ? bandLimit : 1
    }

    /// Starts to accept clients.
    ///
    /// - Returns: the port, which is the system's choice when 0 was asked for.
    func listen(port: UInt16) throws(KernelError) -> UInt16 {
        guard let any = SocketAddress(numeric: "::", port: port) ?? SocketAddress(numeric: "0.0.0.0", port: port) else {
            preconditionFailure("no address to listen on")
        }
        let listener: Listener
        do throws(KernelError) {
            listener = try Listener(on: any, loop: loop)
        } catch {
            // A machine without IPv6 still has its other half.
            guard let plain = SocketAddress(numeric: "0.0.0.0", port: port) else { throw error }
            listener = try Listener(on: plain, loop: loop)
        }
        self.listener = listener
        listener.run { [self] socket in accept(socket) }
        return listener.address.port
    }

    private func accept(_ socket: Socket) {
        guard connections.count < Self.connectionLimit, !isDraining else {
            metrics.connectionsRefused.add()
            return socket.close()
        }
        let connection = ClientConnection(socket: socket, core: self)
        connections[ObjectIdentifier(connection)] = connection
        metrics.openConnections.add()
        loop.spawn { await connection.run() }
    }

    /// A connection is closed.
    func connectionEnded(_ connection: ClientConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        metrics.openConnections.add(-1)
        finishDrainIfIdle()
    }

    /// A connection has sent all it had.
    func becameIdle() {
        finishDrainIfIdle()
    }

    /// Stops accepting, lets running calls finish, then tells.
    func drain(_ finished: @escaping () -> Void) {
        guard !isDraining else { return }
        isDraining = true
        drained = finished
        listener?.close()
        for waiter in drainWaiters.values { waiter.wake() }
        for connection in connections.values { connection.drain() }
        finishDrainIfIdle()
    }

    private func finishDrainIfIdle() {
        guard isDraining, !connections.values.contains(where: \.isBusy), let finished = drained else { return }
        drained = nil
        finished()
    }

    /// What the health service says.
    var servingStatus: HealthService.ServingStatus { isDraining ? .notServing : .serving }

    /// Suspends a call until the worker drains or the client goes.
    func waitForDrain(or call: Call) async {
        guard !isDraining, !call.isOver else { return }
        let change = Suspension()
        drainWaiters[ObjectIdentifier(call)] = change
        call.onCancel = { change.wake() }
        await change.wait()
        call.onCancel = nil
        drainWaiters[ObjectIdentifier(call)] = nil
    }

    /// What only this core knows.
    var reading: Metrics.CoreReading {
        Metrics.CoreReading(
            systemCalls: loop.systemCallCount, poolLentByteCount: pool.lentByteCount,
            poolIdleByteCount: pool.idleByteCount, turns: loop.turns, zeroCopySends: loop.zeroCopySends)
    }
}

/// What all cores share; none of it changes after start except by atomics.
struct Shared: Sendable {
    var configuration: Configuration
    var metrics: Metrics
    var log: PeerLog
    var resolver: Resolver
    var trust: StoreTrust
    let endpointStates = EndpointStates()
    let fragments = FragmentRegistry()
    var localRoot: LocalRoot?
    var budget: MemoryBudget
    /// Nil when none are kept.
    var footers: FooterCache?
    /// Of each core, for memory that is kept for the next taker.
    var idleByteShare: Int
    /// Nil with a single core.
    var exchange: WorkExchange?
    /// Bands of a large scan.
    var bandLimit: Int
}
