/// How often a failed request goes out again, and after how long.
///
/// - Spec: full jitter: any time between now and a limit that doubles with every failure.
public struct RetryPolicy: Hashable, Sendable {
    /// Requests in all, the first included, without a byte gained.
    public var attemptLimit: Int
    /// Units: nanoseconds.
    public var baseNanoseconds: UInt64
    /// The longest wait, also where the store asks for a longer one.
    public var capNanoseconds: UInt64

    public init(
        attemptLimit: Int = 5, baseNanoseconds: UInt64 = 50_000_000, capNanoseconds: UInt64 = 5_000_000_000
    ) {
        precondition(attemptLimit > 0)
        precondition(capNanoseconds >= baseNanoseconds)
        self.attemptLimit = attemptLimit
        self.baseNanoseconds = baseNanoseconds
        self.capNanoseconds = capNanoseconds
    }

    /// The wait before the next try.
    ///
    /// - Parameters:
    ///   - failureCount: failures so far, at least one.
    ///   - retryAfterSeconds: what the store asks for, at least.
    func delay(
        failureCount: Int, retryAfterSeconds: UInt64?, using random: inout some RandomNumberGenerator
    ) -> UInt64 {
        precondition(failureCount > 0)
        let doublings = min(failureCount - 1, 40)
        let limit = min(capNanoseconds, baseNanoseconds.clampedProduct(1 << UInt64(doublings)))
        let jitter = UInt64.random(in: 0...limit, using: &random)
        guard let retryAfterSeconds else { return jitter }
        let asked = min(capNanoseconds, retryAfterSeconds.clampedProduct(1_000_000_000))
        return max(jitter, asked)
    }
}

extension UInt64 {
    /// The product, or the largest number where it is larger.
    fileprivate func clampedProduct(_ factor: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
