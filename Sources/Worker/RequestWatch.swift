import Reactor

/// Ends a request that does not move: no answer begins, or what comes is next to nothing, or it takes too long in all.
///
/// - Cost: looks at the kernel's count of received bytes every few seconds; the receives themselves are not touched.
final class RequestWatch {
    /// Units: nanoseconds and bytes.
    struct Limits {
        var firstByte: UInt64 = 10_000_000_000
        /// Once an answer has begun, this time has to bring as much as ``bytesPerSecond`` would.
        var progress: UInt64 = 5_000_000_000
        var bytesPerSecond: UInt64 = 1 << 10
        /// From the first byte sent to the last one received.
        var whole: UInt64 = 60_000_000_000
    }

    private let loop: EventLoop
    private let connection: StoreConnection
    private let limits: Limits
    private let start: UInt64
    private var timer: TimerID?
    /// What had come at the last look; nil before the first one at an answer.
    private var byteCount: UInt64?
    /// What took too long, if something did.
    private(set) var delay: StoreFailure.Delay?

    init(loop: EventLoop, connection: StoreConnection, limits: Limits) {
        self.loop = loop
        self.connection = connection
        self.limits = limits
        start = loop.now()
        look(at: start + min(limits.firstByte, limits.progress))
    }

    func stop() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func look(at time: UInt64) {
        timer = loop.schedule(at: min(time, start + limits.whole)) { [self] in check() }
    }

    private func check() {
        let now = loop.now()
        if now >= start + limits.whole {
            end(.whole)
        } else if !connection.hasAnswerBegun {
            guard now < start + limits.firstByte else { return end(.firstByte) }
            look(at: min(now + limits.progress, start + limits.firstByte))
        } else {
            // The kernel's count: what is received into one large piece of memory is told when all of it is there.
            let received = connection.transport.socket.receivedByteCount
            let least = limits.progress / 1_000_000 * limits.bytesPerSecond / 1000
            if let byteCount, received - byteCount < least { return end(.progress) }
            byteCount = received
            look(at: now + limits.progress)
        }
    }

    private func end(_ delay: StoreFailure.Delay) {
        timer = nil
        self.delay = delay
        connection.abort()
    }
}
