import Glibc
import Synchronization

/// Runs a core's Swift concurrency jobs on the core's own thread, between two looks at the ring.
///
/// Jobs made on that thread go to a plain array; jobs from elsewhere, such as an answer of the name resolver, go through a
/// lock and wake the loop.
///
/// Why two executors: tasks of a core are nonisolated and prefer its ``CoreTaskExecutor``, so that a suspension costs one
/// job and resumes exactly here. Isolated to the actor they would cost three (out to no executor, back by the continuation,
/// home to the actor), and a waiter would not be waiting yet when the code after it runs. The actor's own executor is
/// only for calls from other cores.
@safe public final class CoreExecutor: SerialExecutor {
    private struct Job {
        var job: UnownedJob
        var isOfActor: Bool
    }

    private struct RemoteWork {
        var jobs: [Job] = []
        var deliveries: [@Sendable (isolated CoreActor) -> Void] = []
    }

    let waker: Waker
    private let remote = Mutex(RemoteWork())
    private let thread: pthread_t
    /// Touched on `thread` only.
    private nonisolated(unsafe) var jobs: [Job] = []
    private nonisolated(unsafe) var running: [Job] = []
    /// Set once, on `thread`, before any job.
    private nonisolated(unsafe) weak var core: CoreActor?
    private nonisolated(unsafe) var tasks: CoreTaskExecutor?

    /// - Precondition: made on the thread that will run the jobs.
    init(waker: Waker) {
        self.waker = waker
        thread = pthread_self()
    }

    func adopt(_ core: CoreActor) {
        unsafe self.core = core
        unsafe tasks = CoreTaskExecutor(core: self)
    }

    /// Whether the caller is on this core's thread.
    public var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    public func enqueue(_ job: consuming ExecutorJob) {
        add(Job(job: UnownedJob(job), isOfActor: true))
    }

    public func checkIsolated() {
        precondition(isCurrent, "not on this core's thread")
    }

    func enqueueTask(_ job: consuming ExecutorJob) {
        add(Job(job: UnownedJob(job), isOfActor: false))
    }

    private func add(_ job: Job) {
        if isCurrent {
            unsafe jobs.append(job)
        } else {
            remote.withLock { $0.jobs.append(job) }
            waker.wake()
        }
    }

    var hasJobs: Bool { unsafe !jobs.isEmpty }

    /// Lets another thread run something on this core, between two jobs.
    public func post(_ delivery: @escaping @Sendable (isolated CoreActor) -> Void) {
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
        guard let tasks = unsafe tasks else { preconditionFailure("no core was adopted") }
        unsafe swap(&jobs, &running)
        for entry in unsafe running {
            if entry.isOfActor {
                unsafe entry.job.runSynchronously(on: asUnownedSerialExecutor())
            } else {
                unsafe entry.job.runSynchronously(on: tasks.asUnownedTaskExecutor())
            }
        }
        unsafe running.removeAll(keepingCapacity: true)
    }

    /// Starts a task whose body runs on this core from its first instruction, and nowhere else.
    ///
    /// Why the transfer is safe although the compiler cannot see it: the caller is on this core's thread, the task is
    /// nonisolated, and its preferred executor is this thread.
    func spawn(_ body: @escaping () async -> Void) {
        precondition(isCurrent, "spawned from another thread")
        guard let tasks = unsafe tasks else { preconditionFailure("no core was adopted") }
        let task = CoreTask(body: body)
        _ = Task.detached(executorPreference: tasks) { await task.body() }
    }
}

/// Where a core's tasks run; see ``CoreExecutor``.
final class CoreTaskExecutor: TaskExecutor {
    private let core: CoreExecutor

    init(core: CoreExecutor) {
        self.core = core
    }

    func enqueue(_ job: consuming ExecutorJob) {
        core.enqueueTask(job)
    }
}

/// Carries a task's body past the compiler's check; see ``CoreExecutor/spawn(_:)``.
private struct CoreTask: @unchecked Sendable {
    let body: () async -> Void
}
