import S3
import Synchronization

/// The keys of one running scan; its coordinator may replace them.
final class FragmentKeys: Sendable {
    private struct State {
        var credentials: Credentials
        var generation = 0
        var waiters: [ObjectIdentifier: ScanSignal] = [:]
    }

    private let state: Mutex<State>

    init(_ credentials: Credentials) {
        state = Mutex(State(credentials: credentials))
    }

    /// The newest keys, and how often they were replaced.
    var current: (credentials: Credentials, generation: Int) {
        state.withLock { ($0.credentials, $0.generation) }
    }

    /// Requests from now on are signed with these.
    func replace(_ credentials: Credentials) {
        let waiters = state.withLock { state in
            state.credentials = credentials
            state.generation += 1
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.signal() }
    }

    /// `signal` is told of every replacement until ``forget(_:)``.
    func notify(_ signal: ScanSignal) {
        state.withLock { $0.waiters[ObjectIdentifier(signal)] = signal }
    }

    func forget(_ signal: ScanSignal) {
        state.withLock { $0.waiters[ObjectIdentifier(signal)] = nil }
    }
}

/// The scans of all cores, by the name that their coordinator gave them.
final class FragmentRegistry: Sendable {
    private let fragments = Mutex<[String: [ObjectIdentifier: FragmentKeys]]>([:])

    func register(_ keys: FragmentKeys, as fragment: String) {
        fragments.withLock { $0[fragment, default: [:]][ObjectIdentifier(keys)] = keys }
    }

    func unregister(_ keys: FragmentKeys, as fragment: String) {
        fragments.withLock { fragments in
            fragments[fragment]?[ObjectIdentifier(keys)] = nil
            if fragments[fragment]?.isEmpty == true { fragments[fragment] = nil }
        }
    }

    /// Replaces the keys of the fragment's scans; false when there is none.
    func replace(_ credentials: Credentials, of fragment: String) -> Bool {
        let found = fragments.withLock { $0[fragment].map { Array($0.values) } ?? [] }
        for keys in found { keys.replace(credentials) }
        return !found.isEmpty
    }
}
