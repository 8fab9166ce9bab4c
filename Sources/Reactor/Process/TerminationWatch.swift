import Glibc

/// Tells a program that runs its loop on the main thread when it is asked to end.
public enum TerminationWatch {
    private static let pollNanoseconds: UInt64 = 3_600_000_000_000

    /// Runs `action` on a thread of its own for every SIGTERM or SIGINT from now on.
    ///
    /// - Precondition: ``ProcessSignals/hold()`` was called.
    public static func start(_ action: @escaping @Sendable () -> Void) throws(KernelError) {
        let body = ThreadBody {
            while true {
                if ProcessSignals.waitForTermination(nanoseconds: pollNanoseconds) { action() }
            }
        }
        try body.start(name: "signals", processor: nil)
    }
}
