import Glibc

/// Tells a program that runs its loop on the main thread when it is asked to end.
public enum TerminationWatch {
    private static let pollNanoseconds: UInt64 = 3_600_000_000_000

    /// Runs `action` on a thread of its own for the first SIGTERM or SIGINT; a second one ends the process at once, for a
    /// loop that is stuck in the kernel.
    ///
    /// - Precondition: ``ProcessSignals/hold()`` was called.
    public static func start(_ action: @escaping @Sendable () -> Void) throws(KernelError) {
        let body = ThreadBody {
            while !ProcessSignals.waitForTermination(nanoseconds: pollNanoseconds) {}
            action()
            ProcessSignals.release()
            // The signal needs a thread that does not hold it back.
            while true { sleep(.max) }
        }
        try body.start(name: "signals", processor: nil)
    }
}

extension ProcessSignals {
    /// Lets SIGTERM and SIGINT end the process again, in this thread.
    fileprivate static func release() {
        // A shell may have started the program with SIGINT ignored.
        for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGTERM)
        unsafe sigaddset(&set, SIGINT)
        unsafe pthread_sigmask(Int32(SIG_UNBLOCK), &set, nil)
    }
}
