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
        /// How long a connection is kept unused.
        var idleNanoseconds: UInt64 = 20_000_000_000
        var connectNanoseconds: UInt64 = 3_000_000_000
        /// From the first byte sent to the last one received.
        var requestNanoseconds: UInt64 = 60_000_000_000
    }

    typealias Answer = (payload: Slice, response: ResponseInfo)

    private struct Address: Hashable {
        var host: String
        var port: UInt16
    }

    /// A request's place in the queue.
    private final class Turn {
        let change = Suspension()
        var hasCome = false
    }

    private final class Station {
        /// The one used last is the last.
        var idle: [StoreConnection] = []
        /// Requests that hold a connection or make one; as long as any wait, it is at its limit.
        var turnCount = 0
        var waiting: [Turn] = []
    }

    private let loop: EventLoop
    private let resolver: Resolver
    private let metrics: Metrics
    private let limits: Limits
    private var stations: [Address: Station] = [:]

    init(loop: EventLoop, resolver: Resolver, metrics: Metrics, limits: Limits = Limits()) {
        self.loop = loop
        self.resolver = resolver
        self.metrics = metrics
        self.limits = limits
    }

    /// Runs one request on a pooled connection.
    ///
    /// A kept connection that the store has closed meanwhile is not an error: the request goes out once more on a new one.
    ///
    /// - Parameters:
    ///   - memory: where the payload goes.
    ///   - cancellation: ends the request when it is cancelled.
    func perform(
        _ request: ObjectRequest, _ store: StoreAccess, memory: BlockPool, cancellation: Cancellation
    ) async throws(Status) -> Answer {
        guard !store.endpoint.isSecure else {
            throw Status(.unimplemented, "https endpoints are not supported")
        }
        try cancellation.check()
        let station = station(of: store.endpoint)
        try await takeTurn(at: station, cancellation)
        defer { endTurn(at: station) }
        if let kept = takeIdle(station) {
            let answer = try await exchange(request, store, on: kept, of: station, isKept: true, memory, cancellation)
            if let answer { return answer }
        }
        let connection = try await connect(store.endpoint)
        let answer = try await exchange(
            request, store, on: connection, of: station, isKept: false, memory, cancellation)
        guard let answer else { preconditionFailure("a new connection taken for a stale one") }
        return answer
    }

    /// One request and its answer; nil when a kept connection turns out to be closed.
    private func exchange(
        _ request: ObjectRequest, _ store: StoreAccess, on connection: StoreConnection, of station: Station,
        isKept: Bool, _ memory: BlockPool, _ cancellation: Cancellation
    ) async throws(Status) -> Answer? {
        var fetch: ObjectFetch
        do throws(S3Error) {
            fetch = try ObjectFetch(
                request: request, endpoint: store.endpoint, credentials: store.credentials,
                secondsSince1970: CalendarClock.secondsSince1970())
        } catch {
            release(connection, to: station, isReusable: true)
            throw Status(storeError: error, location: request.location)
        }
        var hasTimedOut = false
        let timer = loop.schedule(at: loop.now() + limits.requestNanoseconds) {
            hasTimedOut = true
            connection.abort()
        }
        // Not before the connection exists: a call that was cancelled meanwhile aborts it here.
        if cancellation.isCancelled { connection.abort() }
        let registration = cancellation.register { connection.abort() }
        defer {
            loop.cancel(timer)
            cancellation.unregister(registration)
        }
        do throws(StoreFailure) {
            metrics.storeRequests.add()
            let (payload, isReusable) = try await connection.perform(&fetch, pool: memory)
            release(connection, to: station, isReusable: isReusable)
            metrics.bytesFetched.add(payload.count)
            guard let response = fetch.response else { preconditionFailure("an answer without a head") }
            return (payload, response)
        } catch {
            release(connection, to: station, isReusable: isReusable(after: error, fetch))
            try cancellation.check()
            if hasTimedOut {
                throw Status(.unavailable, "\(request.location): the store did not answer in time")
            }
            switch error {
            case .connection(_, isUntouched: true) where isKept: return nil
            case .connection(let reason, _):
                let text = reason.code == 0 ? "the store closed the connection" : "\(reason)"
                throw Status(.unavailable, "\(request.location): \(text)")
            case .store(let reason):
                throw Status(storeError: reason, location: request.location)
            }
        }
    }

    private func isReusable(after failure: StoreFailure, _ fetch: ObjectFetch) -> Bool {
        if case .store = failure { return fetch.connectionIsReusable }
        return false
    }

    // MARK: Turns

    private func station(of endpoint: Endpoint) -> Station {
        let address = Address(host: endpoint.host, port: endpoint.port)
        let station = stations[address] ?? Station()
        stations[address] = station
        return station
    }

    private func takeTurn(at station: Station, _ cancellation: Cancellation) async throws(Status) {
        guard station.turnCount == limits.connectionCount else {
            station.turnCount += 1
            return
        }
        let turn = Turn()
        station.waiting.append(turn)
        let registration = cancellation.register { turn.change.wake() }
        await turn.change.wait()
        cancellation.unregister(registration)
        guard cancellation.isCancelled else { return }
        if turn.hasCome {
            endTurn(at: station)
        } else {
            station.waiting.removeAll { $0 === turn }
        }
        try cancellation.check()
    }

    /// Hands the turn to whoever waits longest, so that no later request overtakes.
    private func endTurn(at station: Station) {
        guard !station.waiting.isEmpty else {
            station.turnCount -= 1
            return
        }
        let next = station.waiting.removeFirst()
        next.hasCome = true
        next.change.wake()
    }

    // MARK: Connections

    private func connect(_ endpoint: Endpoint) async throws(Status) -> StoreConnection {
        let addresses: [SocketAddress]
        do throws(ResolveError) {
            addresses = try await resolver.resolve(host: endpoint.host, port: endpoint.port)
        } catch {
            throw Status(.unavailable, "\(error)")
        }
        guard !addresses.contains(where: \.isNeverRemote) else {
            throw Status(.permissionDenied, "the endpoint \(endpoint.authority) is not allowed")
        }
        var last = KernelError.notFound
        for address in addresses {
            do throws(KernelError) {
                let socket = try await Socket.connect(
                    to: address, on: loop, timeoutNanoseconds: limits.connectNanoseconds)
                metrics.storeConnections.add()
                return StoreConnection(socket: socket)
            } catch {
                last = error
            }
        }
        throw Status(.unavailable, "cannot connect to \(endpoint.authority): \(last)")
    }

    /// The connection used last, so that the others grow old and go.
    private func takeIdle(_ station: Station) -> StoreConnection? {
        let now = loop.now()
        while let connection = station.idle.popLast() {
            if now - connection.idleSince < limits.idleNanoseconds { return connection }
            connection.socket.close()
        }
        return nil
    }

    private func release(_ connection: StoreConnection, to station: Station, isReusable: Bool) {
        guard isReusable, !connection.isAborted else { return connection.socket.close() }
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
                for connection in station.idle[..<oldCount] { connection.socket.close() }
                station.idle.removeFirst(oldCount)
            }
            stations = stations.filter { $0.value.turnCount > 0 || !$0.value.idle.isEmpty }
            if stations.values.contains(where: { !$0.idle.isEmpty }) { scheduleSweep() }
        }
    }
}

/// Where and as whom a task reads.
struct StoreAccess {
    var endpoint: Endpoint
    var credentials: Credentials
}

/// Lets a call end the requests that it has under way.
final class Cancellation {
    private var actions: [Int: () -> Void] = [:]
    private var nextKey = 0
    private(set) var isCancelled = false

    func cancel() {
        guard !isCancelled else { return }
        isCancelled = true
        for action in actions.values { action() }
    }

    func check() throws(Status) {
        if isCancelled { throw Status(.cancelled, "the call was cancelled") }
    }

    func register(_ action: @escaping () -> Void) -> Int {
        nextKey += 1
        actions[nextKey] = action
        return nextKey
    }

    func unregister(_ key: Int) {
        actions[key] = nil
    }
}
