import Glibc
import Synchronization

/// Runs a core's Swift concurrency jobs on the core's own thread, between two looks at the ring.
///
/// Jobs made on that thread go to a plain array; jobs from elsewhere, such as an answer of the name resolver, go through a
/// lock and wake the loop.
@safe public final class CoreExecutor: SerialExecutor, TaskExecutor {
    let waker: Waker
    private struct RemoteWork {
        var jobs: [UnownedJob] = []
        var deliveries: [@Sendable (isolated CoreActor) -> Void] = []
    }

    private let remote = Mutex(RemoteWork())
    private let thread: pthread_t
    /// Touched on `thread` only.
    private nonisolated(unsafe) var jobs: [UnownedJob] = []
    private nonisolated(unsafe) var running: [UnownedJob] = []
    /// Set once, on `thread`, before any job.
    private nonisolated(unsafe) weak var core: CoreActor?

    /// - Precondition: made on the thread that will run the jobs.
    init(waker: Waker) {
        self.waker = waker
        thread = pthread_self()
    }

    func adopt(_ core: CoreActor) {
        unsafe self.core = core
    }

    /// Whether the caller is on this core's thread.
    public var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            unsafe jobs.append(job)
        } else {
            remote.withLock { $0.jobs.append(job) }
            waker.wake()
        }
    }

    public func checkIsolated() {
        precondition(isCurrent, "not on this core's thread")
    }

    var hasJobs: Bool { unsafe !jobs.isEmpty }

    /// Lets another thread run something on this core, between two jobs.
    func post(_ delivery: @escaping @Sendable (isolated CoreActor) -> Void) {
        remote.withLock { $0.deliveries.append(delivery) }
        waker.wake()
    }

    /// Takes over what other threads have enqueued and runs what they have posted.
    func adoptRemoteWork() {
        let work = remote.withLock { work in
            defer { work = RemoteWork() }
            return work
        }
        unsafe jobs.append(contentsOf: work.jobs)
        guard let core = unsafe core else { preconditionFailure("the core is gone") }
        core.assumeIsolated { core in
            for delivery in work.deliveries { delivery(core) }
        }
    }

    /// Runs the jobs that are ready now; those that they make wait for the next turn.
    func runJobs() {
        unsafe swap(&jobs, &running)
        for job in unsafe running {
            unsafe job.runSynchronously(
                isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
        unsafe running.removeAll(keepingCapacity: true)
    }

    /// Starts a task whose body runs on this core from its first instruction.
    ///
    /// Why an executor preference: a continuation resumes its task on the preferred executor, and without one on the
    /// global executor, to hop back from there.
    ///
    /// Why the transfer is safe although the compiler cannot see it: the caller is on this core's thread, and the body
    /// runs nowhere else.
    func spawn(_ body: @escaping () async -> Void) {
        guard let core = unsafe core else { preconditionFailure("the core is gone") }
        let task = CoreTask(body: body)
        core.assumeIsolated { core in
            _ = Task(executorPreference: self) {
                // Naming the isolated parameter is what makes the task isolated to this core.
                _ = core
                await task.body()
            }
        }
    }
}

/// Carries a task's body past the compiler's check; see ``CoreExecutor/spawn(_:)``.
private struct CoreTask: @unchecked Sendable {
    let body: () async -> Void
}
