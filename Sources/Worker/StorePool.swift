import Bytes
import Grpc
import Reactor
import S3

/// The keep-alive connections of one core, by endpoint.
///
/// - Shape: at most ``connectionLimit`` connections to one endpoint; further requests wait in order.
final class StorePool {
    static let connectionLimit = 64
    static let idleNanoseconds: UInt64 = 20_000_000_000
    static let connectNanoseconds: UInt64 = 3_000_000_000
    static let requestNanoseconds: UInt64 = 60_000_000_000

    private struct Address: Hashable {
        var host: String
        var port: UInt16
    }

    private final class Station {
        var idle: [StoreConnection] = []
        var connectionCount = 0
        var waiting: [Suspension] = []
    }

    private let loop: EventLoop
    private let pool: BlockPool
    private let resolver: Resolver
    private let metrics: Metrics
    private var stations: [Address: Station] = [:]

    init(loop: EventLoop, pool: BlockPool, resolver: Resolver, metrics: Metrics) {
        self.loop = loop
        self.pool = pool
        self.resolver = resolver
        self.metrics = metrics
    }

    /// Memory for what is put together from several answers.
    func block(byteCount: Int) -> Block { pool.take(byteCount: byteCount) }

    /// Runs one request on a pooled connection.
    ///
    /// A kept connection that the store has closed meanwhile is not an error: the request goes out once more on a new one.
    ///
    /// - Parameter cancellation: ends the request when it is cancelled.
    func perform(
        _ request: ObjectRequest, _ store: StoreAccess, cancellation: Cancellation
    ) async throws(Status) -> (payload: Slice, response: ResponseInfo) {
        guard !store.endpoint.isSecure else {
            throw Status(.unimplemented, "https endpoints are not supported")
        }
        while true {
            try cancellation.check()
            var fetch: ObjectFetch
            do throws(S3Error) {
                fetch = try ObjectFetch(
                    request: request, endpoint: store.endpoint, credentials: store.credentials,
                    secondsSince1970: CalendarClock.secondsSince1970())
            } catch {
                throw Status(storeError: error, location: request.location)
            }
            let (station, connection) = try await acquire(store.endpoint, cancellation)
            let wasKept = connection.hasServed
            let timer = loop.schedule(at: loop.now() + Self.requestNanoseconds) {
                connection.socket.cancelOperations()
            }
            let registration = cancellation.register { connection.socket.cancelOperations() }
            defer {
                loop.cancel(timer)
                cancellation.unregister(registration)
            }
            do throws(StoreFailure) {
                metrics.storeRequests.add()
                let (payload, isReusable) = try await connection.perform(&fetch, pool: pool)
                release(connection, to: station, isReusable: isReusable)
                metrics.bytesFetched.add(payload.count)
                guard let response = fetch.response else { preconditionFailure("an answer without a head") }
                return (payload, response)
            } catch {
                release(connection, to: station, isReusable: isReusable(after: error, fetch))
                try cancellation.check()
                switch error {
                case .connection(_, isUntouched: true) where wasKept: continue
                case .connection(let reason, _):
                    let text = reason.code == 0 ? "the store closed the connection" : "\(reason)"
                    throw Status(.unavailable, "\(request.location): \(text)")
                case .store(let reason):
                    throw Status(storeError: reason, location: request.location)
                }
            }
        }
    }

    private func isReusable(after failure: StoreFailure, _ fetch: ObjectFetch) -> Bool {
        if case .store = failure { return fetch.connectionIsReusable }
        return false
    }

    // MARK: Connections

    private func acquire(
        _ endpoint: Endpoint, _ cancellation: Cancellation
    ) async throws(Status) -> (Station, StoreConnection) {
        let address = Address(host: endpoint.host, port: endpoint.port)
        let station = stations[address] ?? Station()
        stations[address] = station
        while true {
            if let kept = takeIdle(station) { return (station, kept) }
            if station.connectionCount < Self.connectionLimit { break }
            let turn = Suspension()
            station.waiting.append(turn)
            await turn.wait()
            do throws(Status) {
                try cancellation.check()
            } catch {
                wakeOne(station)
                throw error
            }
        }
        station.connectionCount += 1
        do throws(Status) {
            return (station, try await connect(endpoint))
        } catch {
            station.connectionCount -= 1
            wakeOne(station)
            throw error
        }
    }

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
                    to: address, on: loop, timeoutNanoseconds: Self.connectNanoseconds)
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
            if now - connection.idleSince < Self.idleNanoseconds { return connection }
            drop(connection, of: station)
        }
        return nil
    }

    private func release(_ connection: StoreConnection, to station: Station, isReusable: Bool) {
        guard isReusable else { return drop(connection, of: station) }
        connection.idleSince = loop.now()
        station.idle.append(connection)
        wakeOne(station)
        scheduleSweep()
    }

    private func drop(_ connection: StoreConnection, of station: Station) {
        connection.socket.close()
        station.connectionCount -= 1
        wakeOne(station)
    }

    private func wakeOne(_ station: Station) {
        guard !station.waiting.isEmpty else { return }
        station.waiting.removeFirst().wake()
    }

    private var isSweepScheduled = false

    /// Closes what has been idle for too long, so that descriptors return to the baseline when all is quiet.
    private func scheduleSweep() {
        guard !isSweepScheduled else { return }
        isSweepScheduled = true
        _ = loop.schedule(at: loop.now() + Self.idleNanoseconds) { [self] in
            isSweepScheduled = false
            let now = loop.now()
            var keptCount = 0
            for station in stations.values {
                let old = station.idle.filter { now - $0.idleSince >= Self.idleNanoseconds }
                station.idle.removeAll { now - $0.idleSince >= Self.idleNanoseconds }
                for connection in old { drop(connection, of: station) }
                keptCount += station.idle.count
            }
            stations = stations.filter { $0.value.connectionCount > 0 || !$0.value.waiting.isEmpty }
            if keptCount > 0 { scheduleSweep() }
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
