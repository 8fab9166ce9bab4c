import Bytes
import Grpc
import Reactor
import S3

/// Reads from one store as one scan: requests, and what follows when they fail.
final class StoreReader {
    /// What the readers of one core share.
    struct Shared {
        let loop: EventLoop
        let pool: StorePool
        let states: EndpointStates
        let metrics: Metrics
        var policy = RetryPolicy()
        /// Whether slow requests may be sent twice; see ``HedgedRequest``.
        var hedges = false
        /// How long a scan whose keys have expired waits for newer ones.
        var keyWaitNanoseconds: UInt64 = 5_000_000_000
    }

    private let shared: Shared
    let keys: FragmentKeys
    /// Changes with what the store says of the region and of redirects.
    private(set) var endpoint: Endpoint
    private var random = SystemRandomNumberGenerator()

    init(_ shared: Shared, endpoint: Endpoint, keys: FragmentKeys) {
        self.shared = shared
        self.endpoint = endpoint
        self.keys = keys
    }

    private var loop: EventLoop { shared.loop }

    /// Where requests for an object are counted.
    func metrics(for location: ObjectLocation) -> StoreMetrics {
        shared.metrics.stores.metrics(of: endpoint.origin(of: location))
    }

    /// Fetches a part of an object, with as many tries as it may take.
    ///
    /// - Parameters:
    ///   - target: where the payload goes, unless it objects to the answer.
    ///   - part: what to ask for, from where the target is by then, and of which version.
    func fetch(
        _ location: ObjectLocation, into target: RangeTarget, _ cancellation: Cancellation,
        part: () -> (ObjectRequest.Part, ifMatch: String?)
    ) async throws(StoreFailure) {
        var state = shared.states.state(of: endpoint, now: loop.now())
        var attempts = Attempts(policy: shared.policy, state: state)
        while true {
            let before = target.filledByteCount
            let (credentials, generation) = keys.current
            let endpoint = endpoint
            let failure: StoreFailure
            do throws(StoreFailure) {
                return try await perform(
                    to: endpoint.origin(of: location), into: target, cancellation, state
                ) { () throws(S3Error) in
                    let (part, ifMatch) = part()
                    let request = ObjectRequest(location: location, part: part, ifMatch: ifMatch)
                    return try ObjectFetch(
                        request: request, endpoint: endpoint, credentials: credentials,
                        secondsSince1970: CalendarClock.secondsSince1970() + state.clockOffsetSeconds)
                }
            } catch { failure = error }
            // The end of the answer was still to come, but nothing that is wanted.
            if target.isFull, failure.error.isTransient { return }
            let step = attempts.step(
                after: failure.error, isProgress: target.filledByteCount > before, now: loop.now(),
                secondsSince1970: CalendarClock.secondsSince1970(), using: &random)
            try await follow(step, failure, location, generation, cancellation)
            state = shared.states.state(of: self.endpoint, now: loop.now())
        }
    }

    /// One try.
    private func perform(
        to origin: Endpoint.Origin, into target: RangeTarget, _ cancellation: Cancellation, _ state: EndpointState,
        _ makeFetch: () throws(S3Error) -> ObjectFetch
    ) async throws(StoreFailure) {
        guard !shared.hedges else {
            let request = HedgedRequest(shared, state: state, to: origin, into: target)
            return try await request.perform(cancellation: cancellation, makeFetch)
        }
        try await shared.pool.perform(
            to: origin, cancellation: cancellation, makeFetch
        ) { response throws(StoreFailure) in
            if let objection = target.objection(to: response) { throw .store(objection) }
            return target
        }
    }

    /// Prepares the next try.
    private func follow(
        _ step: Attempts.Step, _ failure: StoreFailure, _ location: ObjectLocation, _ generation: Int,
        _ cancellation: Cancellation
    ) async throws(StoreFailure) {
        switch step {
        case .giveUp: throw failure
        case .budgetIsGone:
            metrics(for: location).retriesRefused.add()
            throw failure
        case .again(let nanoseconds):
            metrics(for: location).countRetry(after: failure)
            try await wait(nanoseconds, cancellation)
        case .inRegion(let region):
            guard let endpoint = endpoint.inRegion(region) else { throw failure }
            self.endpoint = endpoint
        case .at(let place):
            guard let endpoint = endpoint.redirected(to: place, for: location) else { throw failure }
            self.endpoint = endpoint
        case .withNewerKeys: try await waitForKeys(since: generation, failure, cancellation)
        }
    }

    private func wait(_ nanoseconds: UInt64, _ cancellation: Cancellation) async throws(StoreFailure) {
        let change = Suspension()
        let timer = loop.schedule(at: loop.now() + nanoseconds) { change.wake() }
        let registration = cancellation.register { change.wake() }
        if !cancellation.isCancelled { await change.wait() }
        loop.cancel(timer)
        cancellation.unregister(registration)
        if cancellation.isCancelled { throw .cancelled }
    }

    private func waitForKeys(
        since generation: Int, _ failure: StoreFailure, _ cancellation: Cancellation
    ) async throws(StoreFailure) {
        let signal = ScanSignal(home: loop.executor)
        keys.notify(signal)
        let deadline = loop.now() + shared.keyWaitNanoseconds
        let timer = loop.schedule(at: deadline) { signal.signal() }
        let registration = cancellation.register { signal.signal() }
        defer {
            keys.forget(signal)
            loop.cancel(timer)
            cancellation.unregister(registration)
        }
        while true {
            signal.arm()
            if cancellation.isCancelled { throw .cancelled }
            if keys.current.generation > generation { return }
            guard loop.now() < deadline else { throw failure }
            await signal.wait()
        }
    }
}
