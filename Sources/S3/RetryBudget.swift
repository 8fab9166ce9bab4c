/// How many retries all scans together may send to one endpoint, so that a store in trouble is not asked more than a sound
/// one: a share of the requests, and a few a second. Second copies of slow requests come out of the share.
///
/// - Shape: token buckets; a retry takes from the one that time fills, then from the one that requests fill.
struct RetryBudget {
    private static let share = 0.2
    /// What requests can save up.
    private static let savedLimit = 100.0
    private static let perSecond = 10.0

    private var saved = 0.0
    private var floor = perSecond
    private var filledAt: UInt64

    /// - Parameter now: nanoseconds on a clock that never steps back.
    init(now: UInt64) {
        filledAt = now
    }

    /// A request goes out for the first time.
    mutating func requestStarts() {
        saved = min(Self.savedLimit, saved + Self.share)
    }

    /// Takes one retry out of the budget; false when there is none.
    mutating func takeRetry(now: UInt64) -> Bool {
        // Cores look at the clock at different times, and come here in any order.
        if now > filledAt {
            floor = min(Self.perSecond, floor + Double(now - filledAt) / 1e9 * Self.perSecond)
            filledAt = now
        }
        if floor >= 1 {
            floor -= 1
        } else if saved >= 1 {
            saved -= 1
        } else {
            return false
        }
        return true
    }

    /// Takes one copy of a slow request out of the budget; false when there is none.
    ///
    /// Why not from what time fills: a store that stalls as a whole makes every request slow, and retries will be needed.
    mutating func takeHedge() -> Bool {
        guard saved >= 1 else { return false }
        saved -= 1
        return true
    }
}
