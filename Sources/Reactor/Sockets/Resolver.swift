import Glibc
import Synchronization

/// Looks names up off the loop, since the system's resolver blocks, and remembers them for a while.
///
/// - Shape: one thread for each look-up under way, at most ``threadLimit``; further ones wait in a queue. Whoever asks for a
///   name that is being looked up gets the same answer. Failures are not remembered.
public final class Resolver: Sendable {
    static let threadLimit = 4
    /// Names are anybody's choice, so only so many are remembered.
    static let memoryLimit = 256

    struct Name: Hashable, Sendable {
        var host: String
        var port: UInt16
    }

    typealias Answer = Result<[SocketAddress], ResolveError>

    private struct State {
        var threadCount = 0
        var waiting: [Name] = []
        /// Everybody who waits for a name, from when it is first asked for.
        var askers: [Name: [@Sendable (Answer) -> Void]] = [:]
        var known: [Name: (addresses: [SocketAddress], until: UInt64)] = [:]
    }

    private let memoryNanoseconds: UInt64
    private let lookUp: @Sendable (Name) -> Answer
    private let state = Mutex(State())

    /// - Parameter memoryNanoseconds: how long an answer is used again.
    public convenience init(memoryNanoseconds: UInt64 = 30_000_000_000) {
        self.init(memoryNanoseconds: memoryNanoseconds) { name in
            Result { () throws(ResolveError) in
                try SocketAddress.lookUp(host: name.host, port: name.port, flags: AI_ADDRCONFIG)
            }
        }
    }

    init(memoryNanoseconds: UInt64, lookUp: @escaping @Sendable (Name) -> Answer) {
        self.memoryNanoseconds = memoryNanoseconds
        self.lookUp = lookUp
    }

    /// Addresses of `host`, numbers or a name, in the order they should be tried.
    public func resolve(host: String, port: UInt16) async throws(ResolveError) -> [SocketAddress] {
        if let address = SocketAddress(numeric: host, port: port) { return [address] }
        let name = Name(host: host, port: port)
        let now = MonotonicClock.now()
        if let known = state.withLock({ $0.known[name] }), now < known.until { return known.addresses }
        let result: Answer = unsafe await withUnsafeContinuation { continuation in
            ask(name) { unsafe continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    private func ask(_ name: Name, _ answer: @escaping @Sendable (Answer) -> Void) {
        let startsThread = state.withLock { state in
            state.askers[name, default: []].append(answer)
            guard state.askers[name]?.count == 1 else { return false }
            state.waiting.append(name)
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
            let name = state.withLock { state -> Name? in
                guard !state.waiting.isEmpty else {
                    state.threadCount -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
            guard let name else { return }
            let result = lookUp(name)
            let askers = state.withLock { state in
                if case .success(let addresses) = result {
                    if state.known.count == Self.memoryLimit { state.known.removeAll() }
                    state.known[name] = (addresses, MonotonicClock.now() &+ memoryNanoseconds)
                }
                return state.askers.removeValue(forKey: name) ?? []
            }
            for answer in askers { answer(result) }
        }
    }

    /// No thread could be had and none may be left to serve the queue.
    private func failAll(_ error: KernelError) {
        let orphans = state.withLock { state -> [(Name, [@Sendable (Answer) -> Void])] in
            guard state.threadCount == 0 else { return [] }
            defer { state.waiting.removeAll() }
            return state.waiting.map { ($0, state.askers.removeValue(forKey: $0) ?? []) }
        }
        for (name, askers) in orphans {
            for answer in askers { answer(.failure(ResolveError(host: name.host, reason: error.description))) }
        }
    }
}
