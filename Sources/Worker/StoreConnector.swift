import Bytes
import Grpc
import Reactor
import S3
import Tls

/// Makes connections to stores: finds the addresses, tries them in turn, makes sure of the peer.
///
/// - Shape: at most ``StorePool/Limits/handshakeCount`` handshakes at once, whatever the endpoint; further ones wait in
///   order. A handshake is work that brings no byte: a crowd of them would hold up the scans that run, and all be late.
final class StoreConnector {
    private let loop: EventLoop
    private let shared: StorePool.Shared
    private let buffers: BlockPool
    private let limits: StorePool.Limits
    private let handshakes: Turns
    private lazy var tls = TlsContext(anchors: shared.trust.anchors, applicationProtocols: ["http/1.1"])

    /// - Parameter buffers: where sealed bytes are received.
    init(loop: EventLoop, shared: StorePool.Shared, buffers: BlockPool, limits: StorePool.Limits) {
        self.loop = loop
        self.shared = shared
        self.buffers = buffers
        self.limits = limits
        handshakes = Turns(limit: limits.handshakeCount)
    }

    /// Connects to the first address that lets us in.
    func connect(
        to origin: Endpoint.Origin, _ cancellation: Cancellation
    ) async throws(StoreFailure) -> StoreTransport {
        let addresses = try await resolve(origin, cancellation)
        let isForbidden = addresses.contains { address in
            address.isNeverRemote && !limits.endpoints.lists(address: address.host, port: address.port)
        }
        guard !isForbidden else { throw .notAllowed(origin) }
        var last = StoreFailure.connection(.notFound)
        for address in addresses {
            if cancellation.isCancelled { throw .cancelled }
            do throws(StoreFailure) {
                return try await connect(origin, at: address, cancellation)
            } catch {
                // Whoever answers there is not the store, or speaks another language; so would its other addresses.
                if case .secure = error { throw error }
                last = error
            }
        }
        throw last
    }

    /// The look-up itself goes on when nobody waits for it any more; its answer serves the next who asks.
    private func resolve(
        _ origin: Endpoint.Origin, _ cancellation: Cancellation
    ) async throws(StoreFailure) -> [SocketAddress] {
        let change = Suspension()
        var answer: Result<[SocketAddress], ResolveError>?
        let resolver = shared.resolver
        loop.spawn {
            do throws(ResolveError) {
                answer = .success(try await resolver.resolve(host: origin.host, port: origin.port))
            } catch {
                answer = .failure(error)
            }
            change.wake()
        }
        let registration = cancellation.register { change.wake() }
        defer { cancellation.unregister(registration) }
        while true {
            if cancellation.isCancelled { throw .cancelled }
            if let answer {
                do throws(ResolveError) { return try answer.get() } catch { throw .name(error) }
            }
            await change.wait()
        }
    }

    private func connect(
        _ origin: Endpoint.Origin, at address: SocketAddress, _ cancellation: Cancellation
    ) async throws(StoreFailure) -> StoreTransport {
        let deadline = loop.now() + limits.connectNanoseconds
        let socket: Socket
        var registration: Int?
        defer { if let registration { cancellation.unregister(registration) } }
        do throws(KernelError) {
            socket = try await Socket.connect(
                to: address, on: loop, timeoutNanoseconds: limits.connectNanoseconds
            ) { socket in
                registration = cancellation.register { socket.cancelOperations() }
            }
        } catch {
            if cancellation.isCancelled { throw .cancelled }
            throw error == .timedOut ? .timedOut(.connect) : .connection(error)
        }
        shared.metrics.stores.metrics(of: origin).connections.add()
        guard origin.isSecure else {
            return StoreTransport(socket: socket, session: nil, buffers: buffers)
        }
        do throws(StoreFailure) {
            return try await shakeHands(with: origin, on: socket, until: deadline, cancellation)
        } catch {
            socket.close()
            throw error
        }
    }

    /// - Parameter deadline: also for the wait for a turn, so that an address has no more time because many connect.
    private func shakeHands(
        with origin: Endpoint.Origin, on socket: Socket, until deadline: UInt64, _ cancellation: Cancellation
    ) async throws(StoreFailure) -> StoreTransport {
        switch await handshakes.take(cancellation, on: loop, until: deadline) {
        case .taken: break
        case .cancelled: throw .cancelled
        case .late: throw .timedOut(.connect)
        }
        shared.metrics.storeHandshakes.add()
        defer {
            shared.metrics.storeHandshakes.add(-1)
            handshakes.end()
        }
        var isLate = false
        // Closed and not only interrupted: between two operations there is none, and the next one would begin.
        let timer = loop.schedule(at: deadline) {
            isLate = true
            socket.close()
        }
        let registration = cancellation.register { socket.close() }
        defer {
            loop.cancel(timer)
            cancellation.unregister(registration)
        }
        do throws(StoreFailure) {
            let session: TlsSession
            do throws(TlsError) {
                session = try TlsSession(
                    tls, host: origin.host, port: origin.port,
                    secondsSince1970: CalendarClock.secondsSince1970())
            } catch { throw .secure(error) }
            let transport = StoreTransport(socket: socket, session: session, buffers: buffers)
            try await transport.shakeHands()
            if isLate { throw .timedOut(.connect) }
            return transport
        } catch {
            if cancellation.isCancelled { throw .cancelled }
            throw isLate ? .timedOut(.connect) : error
        }
    }
}
