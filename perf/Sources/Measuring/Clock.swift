import Glibc

/// CPU seconds that this thread has used, in the program and in the kernel.
public func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

extension [Double] {
    /// The middle one, or 0 when there is none.
    public var median: Double { isEmpty ? 0 : sorted()[count / 2] }
}
