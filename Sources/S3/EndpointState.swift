import Synchronization

/// What all scans know of one endpoint: its retry budget, how far its clock is from ours, how soon it begins to answer.
public final class EndpointState: Sendable {
    private let budget: Mutex<RetryBudget>
    private let clockOffset = Atomic<Int64>(0)
    private let firstByteTimes = Mutex(FirstByteTimes())

    /// - Parameter now: nanoseconds on a clock that never steps back.
    public init(now: UInt64) {
        budget = Mutex(RetryBudget(now: now))
    }

    /// Seconds to add to our time to get the store's.
    public var clockOffsetSeconds: Int64 { clockOffset.load(ordering: .relaxed) }

    /// A request goes out for the first time.
    public func requestStarts() {
        budget.withLock { $0.requestStarts() }
    }

    func takeRetry(now: UInt64) -> Bool {
        budget.withLock { $0.takeRetry(now: now) }
    }

    /// Takes the second copy of a slow request out of the budget of retries; false when there is none.
    public func takeHedge() -> Bool {
        budget.withLock { $0.takeHedge() }
    }

    /// How long a request's answer may not have begun before the request is unusually slow; nil while too few are known.
    public var hedgeDelayNanoseconds: UInt64? { firstByteTimes.withLock { $0.percentile95Nanoseconds } }

    /// A request's answer has begun, or the request was given up because it took longer than this.
    public func observeFirstByte(nanoseconds: UInt64) {
        firstByteTimes.withLock { $0.observe(nanoseconds: nanoseconds) }
    }

    func setClockOffset(seconds: Int64) {
        clockOffset.store(seconds, ordering: .relaxed)
    }
}

/// The endpoints that were used lately.
///
/// - Shape: at most ``limit``; an endpoint that is forgotten begins anew.
public final class EndpointStates: Sendable {
    /// Tickets name endpoints, so their number is anybody's choice.
    static let limit = 256
    private let states = Mutex<[String: EndpointState]>([:])

    public init() {}

    /// The state of an endpoint, by host and port.
    public func state(of endpoint: Endpoint, now: UInt64) -> EndpointState {
        states.withLock { states in
            if let state = states[endpoint.authority] { return state }
            if states.count == Self.limit { states.removeAll() }
            let state = EndpointState(now: now)
            states[endpoint.authority] = state
            return state
        }
    }
}
