/// How long an endpoint lately took to begin its answers, and what is unusually long.
///
/// What to observe: of each request that may be hedged the time of its first copy, once. A copy that is given up because the
/// other one was faster counts with the time it had taken by then, which is more than the percentile anyhow, so its rank
/// is right. Were only winners counted, all that is slow would vanish from the sample, the percentile would sink, more
/// requests would be hedged, and so on. The other copy's time is not observed: it is known only when it is short.
///
/// - Shape: the last ``capacity`` times; no answer before there are ``leastCount``.
struct FirstByteTimes {
    static let capacity = 256
    static let leastCount = 32
    /// A near store answers in a fraction of a millisecond; what varies there is our own core's other work.
    static let floorNanoseconds: UInt64 = 10_000_000
    /// Observations between two sorts.
    private static let sortInterval = 32

    /// A ring; the oldest is at `next` once it is full.
    private var times: [UInt64] = []
    private var next = 0
    private var untilSort = leastCount
    /// The 95th percentile as of the last sort, but at least the floor.
    private(set) var percentile95Nanoseconds: UInt64?

    /// - Cost: constant, but for a sort of ``capacity`` numbers every 32nd time.
    mutating func observe(nanoseconds: UInt64) {
        if times.count < Self.capacity {
            times.append(nanoseconds)
        } else {
            times[next] = nanoseconds
            next = (next + 1) % Self.capacity
        }
        untilSort -= 1
        guard untilSort == 0 else { return }
        untilSort = Self.sortInterval
        // The smallest time that 95 of a hundred do not exceed.
        let rank = (times.count * 95 + 99) / 100
        percentile95Nanoseconds = max(Self.floorNanoseconds, times.sorted()[rank - 1])
    }
}
