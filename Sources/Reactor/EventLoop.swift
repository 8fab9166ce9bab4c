import Bytes
import CUring
import Glibc

/// Work for others that a core does while it has none of its own.
public protocol Helper: AnyObject {
    /// Called once a turn, before the loop would wait for the kernel.
    ///
    /// - Parameter isBusy: whether the core has work of its own; nothing may be kept from others then.
    /// - Returns: whether something was done, so that the loop comes back without waiting.
    func turn(isBusy: Bool) -> Bool
}

/// Submits, waits and dispatches: the only loop of a core.
///
/// A turn: run what is ready to run and what that makes ready, let one yielded computation take a step, hand submissions to
/// the kernel, collect completions, run timers. Completions are copied out first and handled one by one, so no handler
/// runs inside another.
///
/// - Ownership: lives on the thread that made it; nothing here is locked.
@safe public final class EventLoop {
    /// What waits for one completion.
    @safe private struct Operation {
        var generation: UInt32 = 0
        /// Nil once the result is known; the operation may still wait for its notification.
        var continuation: UnsafeContinuation<Int32, Never>?
        var onNotification: ((_ isCopied: Bool) -> Void)?
        /// Memory that the kernel reads or writes meanwhile.
        var keepsAlive: AnyObject?
    }

    private let ring: any Ring
    public let executor: CoreExecutor
    private var operations: [Operation] = []
    private var freeSlots: [Int] = []
    private var completions: [Completion] = []
    private var timers = TimerHeap()
    private var yielded = unsafe StepQueue<UnsafeContinuation<Void, Never>>()
    /// Whether the last turn had no time for those that have yielded.
    private var hasPutOff = false
    private var isStopping = false
    private var turnStart: UInt64 = 0

    /// The longest that a computation may go on before ``yieldIfDue(hurries:)`` lets the loop look at the ring.
    ///
    /// - Units: nanoseconds.
    public static let stepNanoseconds: UInt64 = 100_000

    /// Jobs in a row, each made by the one before, that run before the loop goes on: from a small request to its answer,
    /// which then waits for one turn and not for three.
    private static let jobChainLimit = 3

    /// How long the loop went without looking at the ring.
    public private(set) var turns = TurnTimes()
    private var lookedAt: UInt64 = 0
    /// How long the loop had nothing to do and waited for the kernel.
    public private(set) var idleNanoseconds: UInt64 = 0

    /// Lent to the loop while it has nothing of its own to do; see ``Helper``.
    public var helper: (any Helper)?

    /// Operations that were submitted and are not over: the kernel may still use their memory.
    public private(set) var pendingOperationCount = 0

    /// Whether sockets may send from where the bytes lie; one that exists keeps what it was made with.
    public var allowsZeroCopy = true
    /// How those sends ended.
    public private(set) var zeroCopySends = ZeroCopySends()

    init(ring: any Ring, executor: CoreExecutor) {
        self.ring = ring
        self.executor = executor
    }

    /// Which kernel interface is in use.
    public var ringKind: RingKind { ring.kind }

    /// Calls into the kernel so far.
    public var systemCallCount: UInt64 { ring.systemCallCount }

    /// Nanoseconds on a clock that never steps back.
    public func now() -> UInt64 { ring.now() }

    var socketFlags: Int32 { ring.socketFlags }
    var sendsZeroCopy: Bool { allowsZeroCopy && ring.sendsZeroCopy }

    // MARK: Running

    /// Runs until ``stop()``.
    func run() {
        lookedAt = now()
        startWaker()
        while !isStopping {
            runReadyJobs()
            if mayStep() { stepYielded() }
            let isBusy = unsafe executor.hasJobs || !yielded.isEmpty || isStopping
            let hasHelped = helper?.turn(isBusy: isBusy) ?? false
            collect(waits: !isBusy && !hasHelped && !executor.hasJobs)
            runDueTimers()
        }
    }

    /// Ends ``run()`` after the current turn.
    ///
    /// - Ownership: memory of operations that are not over stays allocated, since the kernel may still use it.
    public func stop() {
        isStopping = true
    }

    /// Starts straight-line code on this core.
    ///
    /// - Ownership: the closure runs on this loop only, so what it captures stays on this core.
    public func spawn(_ body: @escaping () async -> Void) {
        executor.spawn(body)
    }

    /// When the computation that runs now should let the loop look at the ring; all that run in one turn share it.
    public var stepDeadline: UInt64 { turnStart &+ Self.stepNanoseconds }

    /// Lets the loop look at the ring if this turn's computations have had their share of time.
    ///
    /// - Cost: one clock read when the share is not used up.
    /// - Parameter hurries: whether it takes turns with all that do not, instead of queueing behind each of them.
    public func yieldIfDue(hurries: Bool = false) async {
        guard now() &- turnStart >= Self.stepNanoseconds else { return }
        unsafe await withUnsafeContinuation { unsafe yielded.append($0, hurries: hurries) }
    }

    private func runReadyJobs() {
        turnStart = now()
        for _ in 0..<Self.jobChainLimit where executor.hasJobs { executor.runJobs() }
    }

    /// Whether a computation may go on in this turn: after jobs that have taken long the ring is looked at first, once.
    private func mayStep() -> Bool {
        hasPutOff = unsafe !yielded.isEmpty && !hasPutOff && now() &- turnStart >= Self.stepNanoseconds
        return !hasPutOff
    }

    /// Resumes one computation, so that any number of them share the core in turn.
    private func stepYielded() {
        guard let continuation = unsafe yielded.popFirst() else { return }
        // Answers that are ready need not wait until the step is over.
        do {
            try ring.start()
        } catch {
            preconditionFailure("the ring cannot start what was handed over: \(error)")
        }
        unsafe continuation.resume()
        runReadyJobs()
    }

    private func collect(waits: Bool) {
        var timeout: UInt64?
        if !waits {
            timeout = 0
        } else if let deadline = timers.nextDeadline {
            let time = now()
            timeout = deadline > time ? deadline - time : 0
        }
        let start = now()
        turns.add(start &- lookedAt)
        do {
            try ring.wait(timeoutNanoseconds: timeout, into: &completions)
        } catch {
            preconditionFailure("the ring cannot wait: \(error)")
        }
        lookedAt = now()
        if waits { idleNanoseconds &+= lookedAt &- start }
        for completion in completions { dispatch(completion) }
        completions.removeAll(keepingCapacity: true)
    }

    private func dispatch(_ completion: Completion) {
        guard completion.token != .ignored else { return }
        let slot = completion.token.slot
        precondition(slot < operations.count, "completion for no operation")
        precondition(
            OperationToken(slot: slot, generation: operations[slot].generation) == completion.token,
            "completion for an operation that is over")
        let continuation = unsafe operations[slot].continuation
        unsafe operations[slot].continuation = nil
        switch completion.stage {
        case .over:
            end(slot)
        case .beforeNotification:
            break
        case .notification(let isCopied):
            unsafe precondition(continuation == nil, "a notification before the result")
            zeroCopySends.count(isCopied: isCopied)
            operations[slot].onNotification?(isCopied)
            end(slot)
        }
        unsafe continuation?.resume(returning: completion.result)
    }

    private func end(_ slot: Int) {
        let memory = operations[slot].keepsAlive
        operations[slot].onNotification = nil
        operations[slot].keepsAlive = nil
        operations[slot].generation &+= 1
        freeSlots.append(slot)
        pendingOperationCount -= 1
        // Released last: whoever waits for that memory may be told at once, and comes back here.
        withExtendedLifetime(memory) {}
    }

    private func runDueTimers() {
        guard timers.count > 0 else { return }
        let time = now()
        while let action = timers.popDue(now: time) { action() }
    }

    private func startWaker() {
        let waker = executor.waker
        spawn { [self] in
            let block = Block.allocate(capacity: 8)
            while !isStopping {
                let result = unsafe await perform(
                    keepsAlive: block, .readEvent(waker.descriptor, target: block.base))
                precondition(result == 8 || result == -EINTR, "the waker cannot be read")
                waker.didWake()
                executor.adoptRemoteWork()
            }
        }
    }

    // MARK: Timers

    /// Runs `action` on this loop at `deadline` (see ``now()``).
    public func schedule(at deadline: UInt64, _ action: @escaping () -> Void) -> TimerID {
        timers.add(deadline: deadline, action)
    }

    /// Forgets an action that has not run; otherwise does nothing.
    public func cancel(_ timer: TimerID) {
        timers.cancel(timer)
    }

    /// Suspends for a while.
    public func sleep(nanoseconds: UInt64) async {
        unsafe await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            _ = schedule(at: now() &+ nanoseconds) { unsafe continuation.resume() }
        }
    }

    // MARK: Operations

    /// Submits one operation and suspends until its result is known, which is what the call returned.
    ///
    /// - Parameters:
    ///   - keepsAlive: held until the operation is over, which a send without copying is with its notification only.
    ///   - onNotification: told of that notification; not called where the kernel gives none.
    @unsafe func perform(
        keepsAlive: AnyObject?, onSubmit: (OperationToken) -> Void = { _ in },
        onNotification: ((_ isCopied: Bool) -> Void)? = nil, _ submission: Submission
    ) async -> Int32 {
        unsafe await withUnsafeContinuation { continuation in
            let slot: Int
            if let free = freeSlots.popLast() {
                slot = free
            } else {
                slot = operations.count
                operations.append(Operation())
            }
            unsafe operations[slot].continuation = continuation
            operations[slot].onNotification = onNotification
            operations[slot].keepsAlive = keepsAlive
            pendingOperationCount += 1
            let token = OperationToken(slot: slot, generation: operations[slot].generation)
            unsafe ring.submit(submission, token: token)
            onSubmit(token)
        }
    }

    /// Asks that an operation end soon; whoever awaits it is answered all the same.
    func cancel(_ token: OperationToken) {
        let slot = token.slot
        guard slot < operations.count, unsafe operations[slot].continuation != nil,
            OperationToken(slot: slot, generation: operations[slot].generation) == token
        else { return }
        ring.cancel(token)
    }

    /// Reads from a file.
    func read(_ descriptor: Int32, into target: Slice, offset: UInt64) async throws(KernelError) -> Int {
        let result = unsafe await perform(
            keepsAlive: target.block,
            .read(descriptor, target: target.base, byteCount: target.count, offset: offset))
        return try KernelError.check(result)
    }

    func close(_ descriptor: Int32) {
        ring.close(descriptor)
    }
}
