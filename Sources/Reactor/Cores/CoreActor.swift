import CUring
import Glibc

/// One core: a thread, its ring, its loop, and the isolation that everything living there shares.
///
/// All non-Sendable objects of a core are reached through this actor, so the compiler keeps cores apart.
public actor CoreActor {
    public nonisolated let executor: CoreExecutor
    public let loop: EventLoop
    /// What the program keeps on this core.
    public var resident: AnyObject?
    /// Counts from 0.
    public nonisolated let index: Int
    public nonisolated let ringKind: RingKind

    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private init(index: Int, ring: sending any Ring) throws(KernelError) {
        let kind = ring.kind
        executor = CoreExecutor(waker: try Waker(nonblocking: kind == .readiness))
        loop = EventLoop(ring: ring, executor: executor)
        self.index = index
        ringKind = kind
    }

    /// Lets another thread run something on this core, between two jobs.
    public nonisolated func post(_ delivery: @escaping @Sendable (isolated CoreActor) -> Void) {
        executor.post(delivery)
    }

    /// Makes the loop take a turn; may be called from any thread.
    public nonisolated func wake() {
        executor.waker.wake()
    }

    /// Whether this kernel lets this process use io_uring, and why not.
    public static func probe() -> KernelError? {
        do throws(KernelError) {
            _ = try KernelRing()
            return nil
        } catch {
            return error
        }
    }

    /// Makes a core on the calling thread and runs its loop there until it is stopped.
    ///
    /// - Parameter start: sets the core up, on the core.
    public static func run(
        index: Int, kind: RingKind, start: @Sendable (isolated CoreActor) -> Void
    ) throws(KernelError) {
        let ring: any Ring
        switch kind {
        case .uring: ring = try KernelRing()
        case .readiness: ring = try ReadinessRing()
        }
        try run(index: index, ring: ring, start: start)
    }

    /// Makes a core over a ring that the calling thread has made.
    static func run(
        index: Int, ring: sending any Ring, start: @Sendable (isolated CoreActor) -> Void
    ) throws(KernelError) {
        let core = try CoreActor(index: index, ring: ring)
        core.executor.adopt(core)
        core.assumeIsolated { core in
            start(core)
            core.loop.run()
        }
    }

    /// Makes a core on a thread of its own.
    ///
    /// - Parameter processor: the processor to stay on, nil for any.
    /// - Parameter start: sets the core up, on the core.
    /// - Parameter failed: called on that thread when the ring cannot be made.
    public static func startThread(
        index: Int, kind: RingKind, processor: Int?, start: @escaping @Sendable (isolated CoreActor) -> Void,
        failed: @escaping @Sendable (KernelError) -> Void
    ) throws(KernelError) {
        let body = ThreadBody {
            do throws(KernelError) {
                try run(index: index, kind: kind, start: start)
            } catch {
                failed(error)
            }
        }
        try body.start(name: "core-\(index)", processor: processor)
    }
}

/// Carries a closure to a new thread.
final class ThreadBody: Sendable {
    private let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }

    /// Starts a detached thread that runs the closure once.
    func start(name: String, processor: Int?) throws(KernelError) {
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let status = unsafe cu_thread_start(
            { context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
            }, context, Int32(processor ?? -1), name)
        guard status == 0 else {
            unsafe Unmanaged<ThreadBody>.fromOpaque(context).release()
            throw KernelError(code: status)
        }
    }
}
