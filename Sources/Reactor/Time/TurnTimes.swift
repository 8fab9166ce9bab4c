/// Times between two looks at the ring.
public struct TurnTimes: Sendable {
    /// Units: nanoseconds.
    public private(set) var longestNanoseconds: UInt64 = 0
    /// Turns of more than a millisecond.
    public private(set) var longCount = 0

    public init() {}

    mutating func add(_ nanoseconds: UInt64) {
        longestNanoseconds = max(longestNanoseconds, nanoseconds)
        if nanoseconds > 1_000_000 { longCount += 1 }
    }
}
