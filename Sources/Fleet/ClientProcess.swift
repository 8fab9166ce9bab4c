import Reactor
import Synchronization

/// What a command does on its core.
protocol ClientJob: AnyObject {
    /// Does it.
    func run() async throws(ClientFailure)
    /// Leaves nothing half done behind; the process is about to end.
    func abandon()
}

/// Runs one job on the main thread and turns its outcome into an exit status.
enum ClientProcess {
    private static let failed: Int32 = 1
    /// What shells report for a program that SIGINT ended.
    private static let interrupted: Int32 = 130

    private final class Outcome: Sendable {
        let status = Mutex<Int32>(failed)
    }

    /// - Parameter name: of the program, before every error.
    static func run(name: String, _ makeJob: @escaping @Sendable (EventLoop) -> any ClientJob) -> Int32 {
        ProcessSignals.hold()
        ProcessLimits.apply()
        let outcome = Outcome()
        let kind: RingKind = CoreActor.probe() == nil ? .uring : .readiness
        do throws(KernelError) {
            try CoreActor.run(index: 0, kind: kind) { core in
                let loop = core.loop
                let job = makeJob(loop)
                core.resident = job
                watchSignals(core, outcome)
                loop.spawn {
                    do throws(ClientFailure) {
                        try await job.run()
                        outcome.status.withLock { $0 = 0 }
                    } catch {
                        report(name, error)
                    }
                    loop.stop()
                }
            }
        } catch {
            report(name, ClientFailure("SYSTEM", "no event loop can be made: \(error)"))
        }
        return outcome.status.withLock { $0 }
    }

    private static func watchSignals(_ core: isolated CoreActor, _ outcome: Outcome) {
        let mailbox = Mailbox<Void>(core: core, capacity: 1) { core, _ in
            (core.resident as? any ClientJob)?.abandon()
            outcome.status.withLock { $0 = interrupted }
            core.loop.stop()
        }
        do throws(KernelError) {
            try TerminationWatch.start { _ = mailbox.post(()) }
        } catch {
            // Without the thread a signal stays pending; the command works all the same.
            StandardError.write("cannot watch for signals: \(error)\n")
        }
    }

    private static func report(_ name: String, _ failure: ClientFailure) {
        StandardError.write("\(name): \(failure)\n")
    }
}
