import Glibc

/// The clock that never steps back.
public enum MonotonicClock {
    /// Nanoseconds since some start.
    public static func now() -> UInt64 { read(CLOCK_MONOTONIC) }

    static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        let status = unsafe clock_gettime(clock, &time)
        precondition(status == 0)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// The calendar clock, for request signatures.
public enum CalendarClock {
    /// Seconds since 1970-01-01 UTC.
    public static func secondsSince1970() -> Int64 { Int64(MonotonicClock.read(CLOCK_REALTIME) / 1_000_000_000) }
}
