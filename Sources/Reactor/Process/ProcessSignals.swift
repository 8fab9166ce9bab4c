import Glibc

/// The signals that end a server.
public enum ProcessSignals {
    /// Keeps SIGTERM and SIGINT for ``waitForTermination(nanoseconds:)``, in this thread and in those it starts, and
    /// makes writing to a closed pipe an error instead of an end.
    ///
    /// - Precondition: called before any thread is started.
    public static func hold() {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGTERM)
        unsafe sigaddset(&set, SIGINT)
        unsafe pthread_sigmask(Int32(SIG_BLOCK), &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for one of them; false when none came in time.
    public static func waitForTermination(nanoseconds: UInt64) -> Bool {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGTERM)
        unsafe sigaddset(&set, SIGINT)
        var timeout = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        return unsafe sigtimedwait(&set, nil, &timeout) > 0
    }
}

/// What a server asks of the system before it starts.
public enum ProcessLimits {
    /// Allows as many descriptors as the administrator does, and no core dumps, which would hold credentials.
    public static func apply() {
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            limit.rlim_cur = limit.rlim_max
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }
}

/// The environment that the process was started with.
public enum ProcessEnvironment {
    /// All variables by name.
    public static func all() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let pair = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            unsafe entry += 1
        }
        return variables
    }
}
