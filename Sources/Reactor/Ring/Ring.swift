/// Which way of talking to the kernel is in use.
public enum RingKind: String, Sendable, CaseIterable {
    case uring = "io_uring"
    case readiness = "epoll"
}

/// The kernel as the reactor sees it: hand over submissions, collect completions.
///
/// Why a class behind `any` and not a generic parameter: it is called a few times for each system call, which costs a
/// thousand times more than the dispatch, and everything above stays free of a type parameter.
protocol Ring: AnyObject {
    var kind: RingKind { get }

    /// Flags that sockets used with this ring are made with.
    var socketFlags: Int32 { get }

    /// Whether ``Submission/sendZeroCopy(_:message:)`` is to be had.
    var sendsZeroCopy: Bool { get }

    /// Calls into the kernel so far.
    var systemCallCount: UInt64 { get }

    /// Hands over one operation; it may start now, or with the next ``start()`` or ``wait(timeoutNanoseconds:into:)``.
    func submit(_ submission: Submission, token: OperationToken)

    /// Starts what was handed over, without collecting anything.
    func start() throws(KernelError)

    /// Asks that an operation end soon; it still completes, with its result or with ECANCELED.
    func cancel(_ token: OperationToken)

    /// Appends what completed, waiting for the first completion if there is none.
    ///
    /// - Parameter timeoutNanoseconds: longest wait; nil waits for ever, 0 only looks.
    func wait(timeoutNanoseconds: UInt64?, into completions: inout [Completion]) throws(KernelError)

    /// Closes a descriptor that no operation uses any more.
    func close(_ descriptor: Int32)

    /// Nanoseconds on a clock that never steps back.
    func now() -> UInt64
}
