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

    /// The time as `YYYY-MM-DDThh:mm:ss.sssZ`.
    ///
    /// - Spec: RFC 3339.
    public static func timestamp() -> String {
        let now = MonotonicClock.read(CLOCK_REALTIME)
        var seconds = time_t(now / 1_000_000_000)
        var parts = unsafe tm()
        unsafe gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = unsafe strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let whole = String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return "\(whole).\(String(now / 1_000_000 % 1000 + 1000).dropFirst())Z"
    }
}
