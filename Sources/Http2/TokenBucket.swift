/// Allows a burst of something, and a steady rate afterwards.
///
/// - Units: tokens; time is handed in, never read.
struct TokenBucket {
    private static let unitsPerToken: UInt64 = 1_000_000_000
    private let capacity: UInt64
    private let refillPerSecond: UInt64
    /// Tokens times 10^9, so that nanoseconds times rate adds up without rounding.
    private var units: UInt64
    private var lastNanoseconds: UInt64?

    /// - Precondition: both numbers are not negative and fit in 32 bits.
    init(burst: Int, refillPerSecond: Int) {
        capacity = UInt64(UInt32(burst)) * Self.unitsPerToken
        self.refillPerSecond = UInt64(UInt32(refillPerSecond))
        units = capacity
    }

    /// Takes one token; false when there is none.
    mutating func take(nowNanoseconds: UInt64) -> Bool {
        if let last = lastNanoseconds, nowNanoseconds > last {
            let (gained, overflow) = (nowNanoseconds - last).multipliedReportingOverflow(by: refillPerSecond)
            add(overflow ? capacity : gained)
        }
        lastNanoseconds = max(nowNanoseconds, lastNanoseconds ?? 0)
        guard units >= Self.unitsPerToken else { return false }
        units -= Self.unitsPerToken
        return true
    }

    /// Puts earned tokens in, up to the burst.
    mutating func earn(_ tokens: Int) {
        add(UInt64(UInt32(clamping: tokens)) * Self.unitsPerToken)
    }

    private mutating func add(_ gained: UInt64) {
        units += min(gained, capacity - units)
    }
}
