import Bytes
import Grpc
import Reactor
import S3

/// The keep-alive connections of one core, by endpoint.
///
/// - Shape: at most ``Limits/connectionCount`` connections to one endpoint; further requests wait in order.
final class StorePool {
    /// What one core allows itself.
    struct Limits {
        /// Connections to one endpoint.
        var connectionCount = 64
        /// Handshakes of TLS under way.
        var handshakeCount = 128
        /// How long a connection is kept unused.
        var idleNanoseconds: UInt64 = 20_000_000_000
        /// For one address, with the handshake of TLS.
        var connectNanoseconds: UInt64 = 3_000_000_000
        var request = RequestWatch.Limits()
        var endpoints = EndpointRules()
        /// Whether plain HTTP is refused, whatever a ticket says.
        var requiresTLS = false
    }

    /// What all cores share.
    struct Shared {
        var resolver: Resolver
        var metrics: Metrics
        var trust: StoreTrust
    }

    private final class Station {
        let metrics: StoreMetrics
        /// Of requests that hold a connection or make one.
        let turns: Turns
        /// The one used last is the last.
        var idle: [StoreConnection] = []

        init(metrics: StoreMetrics, connectionCount: Int) {
            self.metrics = metrics
            turns = Turns(limit: connectionCount)
        }
    }

    private let loop: EventLoop
    private let shared: Shared
    private let limits: Limits
    private let connector: StoreConnector
    private var stations: [Endpoint.Origin: Station] = [:]

    /// - Parameter buffers: where sealed bytes are received.
    init(loop: EventLoop, shared: Shared, buffers: BlockPool, limits: Limits = Limits()) {
        self.loop = loop
        self.shared = shared
        self.limits = limits
        connector = StoreConnector(loop: loop, shared: shared, buffers: buffers, limits: limits)
    }

    /// Runs one request on a pooled connection.
    ///
    /// A kept connection that the store has closed meanwhile is not an error: the request goes out once more on a new one.
    ///
    /// - Parameters:
    ///   - fetch: made anew for each try, since it is signed with the time; called when the request is about to be sent.
    ///   - cancellation: ends the request when it is cancelled.
    ///   - accept: looks at what a good answer says, before any of its payload, and gives the place for it.
    func perform(
        to origin: Endpoint.Origin, cancellation: Cancellation, _ fetch: () throws(S3Error) -> ObjectFetch,
        accept: (ResponseInfo) throws(StoreFailure) -> RangeTarget
    ) async throws(StoreFailure) {
        if cancellation.isCancelled { throw .cancelled }
        // Here, so that neither a ticket nor a redirect has a way around it.
        guard limits.endpoints.allows(origin), origin.isSecure || !limits.requiresTLS else { throw .notAllowed(origin) }
        let station = station(of: origin)
        guard await station.turns.take(cancellation, on: loop) == .taken else { throw .cancelled }
        station.metrics.turnsTaken.add()
        defer {
            station.metrics.turnsTaken.add(-1)
            station.turns.end()
        }
        if let kept = await takeIdle(station) {
            let isDone = try await exchange(fetch, on: kept, of: station, isKept: true, cancellation, accept)
            if isDone { return }
        }
        let transport = try await connector.connect(to: origin, cancellation)
        let connection = StoreConnection(transport: transport, openCount: station.metrics.openConnections)
        let isDone = try await exchange(fetch, on: connection, of: station, isKept: false, cancellation, accept)
        precondition(isDone, "a new connection taken for a stale one")
    }

    /// Whether a request to an endpoint would not have to wait.
    func hasFreeTurn(for origin: Endpoint.Origin) -> Bool { stations[origin]?.turns.isOneFree ?? true }

    /// One request and its answer; false when a kept connection turns out to be closed.
    private func exchange(
        _ makeFetch: () throws(S3Error) -> ObjectFetch, on connection: StoreConnection, of station: Station,
        isKept: Bool, _ cancellation: Cancellation, _ accept: (ResponseInfo) throws(StoreFailure) -> RangeTarget
    ) async throws(StoreFailure) -> Bool {
        var fetch: ObjectFetch
        do throws(S3Error) {
            fetch = try makeFetch()
        } catch {
            release(connection, to: station, isReusable: true)
            throw .store(error)
        }
        let watch = RequestWatch(loop: loop, connection: connection, limits: limits.request)
        // Not before the connection exists: a call that was cancelled meanwhile aborts it here.
        if cancellation.isCancelled { connection.abort() }
        let registration = cancellation.register { connection.abort() }
        defer {
            watch.stop()
            cancellation.unregister(registration)
        }
        var target: RangeTarget?
        var before = 0
        let start = loop.now()
        defer {
            if let target {
                station.metrics.receivedBytes.add(target.filledByteCount - before)
            }
        }
        do throws(StoreFailure) {
            station.metrics.requests.add()
            let isReusable = try await connection.perform(&fetch) { response throws(StoreFailure) in
                station.metrics.firstByte.observe(nanoseconds: loop.now() - start)
                let accepted = try accept(response)
                (target, before) = (accepted, accepted.filledByteCount)
                return accepted
            }
            station.metrics.whole.observe(nanoseconds: loop.now() - start)
            release(connection, to: station, isReusable: isReusable)
            return true
        } catch {
            release(connection, to: station, isReusable: isReusable(after: error, fetch))
            if cancellation.isCancelled { throw .cancelled }
            let failure = watch.delay.map { StoreFailure.timedOut($0) } ?? error
            if isKept, fetch.isUntouched, failure.isEnd { return false }
            station.metrics.failedRequests.add()
            throw failure
        }
    }

    private func isReusable(after failure: StoreFailure, _ fetch: ObjectFetch) -> Bool {
        if case .store = failure { return fetch.connectionIsReusable }
        return false
    }

    // MARK: Connections

    private func station(of origin: Endpoint.Origin) -> Station {
        let station =
            stations[origin]
            ?? Station(metrics: shared.metrics.stores.metrics(of: origin), connectionCount: limits.connectionCount)
        stations[origin] = station
        return station
    }

    /// The connection used last, so that the others grow old and go.
    private func takeIdle(_ station: Station) async -> StoreConnection? {
        while let connection = station.idle.popLast() {
            if loop.now() - connection.idleSince < limits.idleNanoseconds, await connection.transport.isUsable() {
                return connection
            }
            connection.close()
        }
        return nil
    }

    private func release(_ connection: StoreConnection, to station: Station, isReusable: Bool) {
        guard isReusable, !connection.isAborted, connection.transport.settle() else { return connection.close() }
        connection.idleSince = loop.now()
        station.idle.append(connection)
        scheduleSweep()
    }

    private var isSweepScheduled = false

    /// Closes what has been idle for too long, so that descriptors return to the baseline when all is quiet.
    private func scheduleSweep() {
        guard !isSweepScheduled else { return }
        isSweepScheduled = true
        _ = loop.schedule(at: loop.now() + limits.idleNanoseconds) { [self] in
            isSweepScheduled = false
            let now = loop.now()
            for station in stations.values {
                let oldCount = station.idle.prefix { now - $0.idleSince >= limits.idleNanoseconds }.count
                for connection in station.idle[..<oldCount] { connection.close() }
                station.idle.removeFirst(oldCount)
            }
            stations = stations.filter { $0.value.turns.takenCount > 0 || !$0.value.idle.isEmpty }
            if stations.values.contains(where: { !$0.idle.isEmpty }) { scheduleSweep() }
        }
    }
}
