/// Decides what follows each failed try of one request.
///
/// - Spec: `docs/object-store.md`, "Retries".
public struct Attempts {
    /// What to do about a failure.
    public enum Step: Hashable, Sendable {
        /// Tell whoever asked.
        case giveUp
        /// The store may never recover: there were too many retries lately.
        case budgetIsGone
        /// The same again.
        case again(afterNanoseconds: UInt64)
        /// Sign for another region.
        case inRegion(String)
        /// Ask where the store says, signed anew.
        case at(location: String)
        /// Sign with keys that are newer than those used.
        case withNewerKeys
    }

    private static let redirectLimit = 2

    private let policy: RetryPolicy
    private let state: EndpointState
    /// Failures in a row that brought no byte.
    private var failureCount = 0
    private var redirectCount = 0
    private var hasChangedRegion = false
    private var hasSetClock = false

    /// A request that goes out for the first time.
    public init(policy: RetryPolicy, state: EndpointState) {
        self.policy = policy
        self.state = state
        state.requestStarts()
    }

    /// What to do next.
    ///
    /// - Parameters:
    ///   - isProgress: whether the try brought bytes that will not be asked for again.
    ///   - now: nanoseconds on a clock that never steps back.
    ///   - secondsSince1970: our time.
    public mutating func step(
        after error: S3Error, isProgress: Bool, now: UInt64, secondsSince1970: Int64,
        using random: inout some RandomNumberGenerator
    ) -> Step {
        switch error {
        case .unavailable(_, _, let retryAfterSeconds): return again(isProgress, retryAfterSeconds, now, &random)
        case .connectionClosed: return again(isProgress, nil, now, &random)
        case .clockSkewed(let serverSeconds?) where !hasSetClock:
            hasSetClock = true
            state.setClockOffset(seconds: serverSeconds - secondsSince1970)
            return .again(afterNanoseconds: 0)
        case .redirected(307, _, let location?), .redirected(308, _, let location?):
            redirectCount += 1
            return redirectCount <= Self.redirectLimit ? .at(location: location) : .giveUp
        case .redirected(_, let region?, _) where !hasChangedRegion:
            hasChangedRegion = true
            return .inRegion(region)
        case .unauthenticated(.expiredToken), .unauthenticated(.invalidToken): return .withNewerKeys
        default: return .giveUp
        }
    }

    private mutating func again(
        _ isProgress: Bool, _ retryAfterSeconds: UInt64?, _ now: UInt64, _ random: inout some RandomNumberGenerator
    ) -> Step {
        failureCount = isProgress ? 0 : failureCount + 1
        guard failureCount < policy.attemptLimit else { return .giveUp }
        guard state.takeRetry(now: now) else { return .budgetIsGone }
        return .again(
            afterNanoseconds: policy.delay(
                failureCount: max(failureCount, 1), retryAfterSeconds: retryAfterSeconds, using: &random))
    }
}
