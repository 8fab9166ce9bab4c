public import Bytes
import CUring
import Glibc

/// One connected stream socket on one core.
///
/// - Ownership: ``close()`` must be called; it waits for operations that are under way.
@safe public final class Socket {
    /// Most entries of one gather list; the kernel takes 1024.
    public static let gatherLimit = 1024

    private let loop: EventLoop
    private let descriptor: Int32
    private var inbound: OperationToken?
    private var outbound: OperationToken?
    private var isOpen = true
    private var gather: GatherList?

    init(loop: EventLoop, descriptor: Int32) {
        self.loop = loop
        self.descriptor = descriptor
    }

    deinit {
        if isOpen { loop.close(descriptor) }
    }

    /// Connects to one address.
    ///
    /// - Throws: the kernel's error, or `.timedOut` after `timeoutNanoseconds`.
    public static func connect(
        to address: SocketAddress, on loop: EventLoop, timeoutNanoseconds: UInt64
    ) async throws(KernelError) -> Socket {
        let descriptor = try KernelError.checkErrno(
            Glibc.socket(
                address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | loop.socketFlags, 0))
        let socket = Socket(loop: loop, descriptor: descriptor)
        let block = Block.copying(address.bytes.rawSpan)
        var timer: TimerID?
        let hasTimedOut = Flag()
        let result = unsafe await loop.perform(
            keepsAlive: block,
            onSubmit: { token in
                timer = loop.schedule(at: loop.now() &+ timeoutNanoseconds) {
                    hasTimedOut.value = true
                    loop.cancel(token)
                }
            }, .connect(descriptor, address: block.base, byteCount: address.bytes.count))
        if let timer { loop.cancel(timer) }
        if result < 0, hasTimedOut.value { throw .timedOut }
        _ = try KernelError.check(result)
        socket.disableDelay()
        return socket
    }

    /// Small frames must not wait for the peer's acknowledgement of earlier ones.
    func disableDelay() {
        var one: Int32 = 1
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Acknowledges what comes next at once.
    ///
    /// Why: after a request the kernel expects a conversation and holds acknowledgements back for 40 ms, which stalls a
    /// sender whose first window is full.
    public func acknowledgeAtOnce() {
        var one: Int32 = 1
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_QUICKACK, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Bytes that the peer has sent so far, as far as they are here in order.
    public var receivedByteCount: UInt64 { cu_received_byte_count(descriptor) }

    /// Whether nothing waits to be received, not even the peer's end.
    public var isQuiet: Bool {
        var byte: UInt8 = 0
        let count = unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
    }

    /// Receives what comes first into `target`; 0 means that the peer has ended.
    ///
    /// - Parameter fills: waits until all of `target` is full instead; fewer bytes mean that the peer has ended.
    public func receive(into target: Slice, fills: Bool = false) async throws(KernelError) -> Int {
        precondition(inbound == nil, "two receives at once")
        guard isOpen else { throw .cancelled }
        let result = unsafe await loop.perform(
            keepsAlive: target.block, onSubmit: { inbound = $0 },
            .receive(descriptor, target: target.base, byteCount: target.count, fills: fills))
        inbound = nil
        closeIfIdle()
        return try KernelError.check(result)
    }

    /// Sends all slices in order.
    ///
    /// - Precondition: at most ``gatherLimit`` slices.
    /// - Ownership: the slices are kept until the kernel has taken their bytes.
    public func send(_ slices: [Slice]) async throws(KernelError) {
        precondition(outbound == nil, "two sends at once")
        guard isOpen else { throw .cancelled }
        let gather = gather ?? GatherList()
        self.gather = gather
        gather.load(slices)
        let result = unsafe await loop.perform(
            keepsAlive: gather, onSubmit: { outbound = $0 }, .send(descriptor, message: gather.message))
        outbound = nil
        closeIfIdle()
        let byteCount = gather.byteCount
        gather.unload()
        let sent = try KernelError.check(result)
        guard sent == byteCount else { throw KernelError(code: EPIPE) }
    }

    /// Ends the receive or send that is under way; its caller gets `.cancelled`.
    public func cancelOperations() {
        if let inbound { loop.cancel(inbound) }
        if let outbound { loop.cancel(outbound) }
    }

    /// Tells the peer that nothing more will come.
    public func shutdownOutput() {
        _ = Glibc.shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes the descriptor once no operation uses it.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        cancelOperations()
        closeIfIdle()
    }

    private func closeIfIdle() {
        if !isOpen, inbound == nil, outbound == nil { loop.close(descriptor) }
    }
}

/// Set by a timer, read by whoever waits.
final class Flag {
    var value = false
}
