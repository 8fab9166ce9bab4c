import Glibc
import Synchronization

/// Looks names up off the loop: the system's resolver blocks.
///
/// - Shape: one thread for each look-up under way, at most ``threadLimit``; further ones wait in a queue.
public final class Resolver: Sendable {
    static let threadLimit = 4

    private struct Request: Sendable {
        var host: String
        var port: UInt16
        var answer: @Sendable (Result<[SocketAddress], ResolveError>) -> Void
    }

    private struct State {
        var threadCount = 0
        var waiting: [Request] = []
    }

    private let state = Mutex(State())

    public init() {}

    /// Addresses of `host`, numbers or a name, in the order they should be tried.
    public func resolve(host: String, port: UInt16) async throws(ResolveError) -> [SocketAddress] {
        if let address = SocketAddress(numeric: host, port: port) { return [address] }
        let result: Result<[SocketAddress], ResolveError> = unsafe await withUnsafeContinuation { continuation in
            start(Request(host: host, port: port) { unsafe continuation.resume(returning: $0) })
        }
        return try result.get()
    }

    private func start(_ request: Request) {
        let startsThread = state.withLock { state in
            state.waiting.append(request)
            guard state.threadCount < Self.threadLimit else { return false }
            state.threadCount += 1
            return true
        }
        guard startsThread else { return }
        do throws(KernelError) {
            try ThreadBody { self.work() }.start(name: "resolver", processor: nil)
        } catch {
            state.withLock { $0.threadCount -= 1 }
            failAll(error)
        }
    }

    private func work() {
        while true {
            let request = state.withLock { state -> Request? in
                guard !state.waiting.isEmpty else {
                    state.threadCount -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
            guard let request else { return }
            let result = Result { () throws(ResolveError) in
                try SocketAddress.lookUp(host: request.host, port: request.port, flags: AI_ADDRCONFIG)
            }
            request.answer(result)
        }
    }

    /// No thread could be had and none may be left to serve the queue.
    private func failAll(_ error: KernelError) {
        let orphans = state.withLock { state -> [Request] in
            guard state.threadCount == 0 else { return [] }
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for request in orphans {
            request.answer(.failure(ResolveError(host: request.host, reason: error.description)))
        }
    }
}
