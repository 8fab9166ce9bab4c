import Reactor

/// Ends a request that does not move: no answer begins, or what comes is next to nothing, or it takes too long in all.
///
/// - Cost: looks at the kernel's count of received bytes every few seconds; the receives themselves are not touched.
final class RequestWatch {
    /// Units: nanoseconds and bytes.
    struct Limits {
        var firstByte: UInt64 = 10_000_000_000
        /// What must come in this time, once an answer has begun.
        var progress: UInt64 = 5_000_000_000
        var progressByteCount: UInt64 = 5 << 10
        /// From the first byte sent to the last one received.
        var whole: UInt64 = 60_000_000_000
    }

    private let loop: EventLoop
    private let connection: StoreConnection
    private let limits: Limits
    private let deadline: UInt64
    private var timer: TimerID?
    private let initialByteCount: UInt64
    private var byteCount: UInt64
    /// What took too long, if something did.
    private(set) var delay: StoreFailure.Delay?

    init(loop: EventLoop, connection: StoreConnection, limits: Limits) {
        self.loop = loop
        self.connection = connection
        self.limits = limits
        deadline = loop.now() + limits.whole
        initialByteCount = connection.transport.socket.receivedByteCount
        byteCount = initialByteCount
        look(after: min(limits.firstByte, limits.whole))
    }

    func stop() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func look(after nanoseconds: UInt64) {
        timer = loop.schedule(at: loop.now() + nanoseconds) { [self] in check() }
    }

    private func check() {
        let now = loop.now()
        let received = connection.transport.socket.receivedByteCount
        if now >= deadline {
            end(.whole)
        } else if received == initialByteCount {
            end(.firstByte)
        } else if byteCount != initialByteCount, received - byteCount < limits.progressByteCount {
            end(.progress)
        } else {
            byteCount = received
            look(after: min(limits.progress, deadline - now))
        }
    }

    private func end(_ delay: StoreFailure.Delay) {
        timer = nil
        self.delay = delay
        connection.abort()
    }
}
