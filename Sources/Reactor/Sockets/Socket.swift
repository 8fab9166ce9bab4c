public import Bytes
import CUring
import Glibc

/// One connected stream socket on one core.
///
/// - Ownership: ``close()`` must be called; it waits for operations that are under way.
@safe public final class Socket {
    /// Most entries of one gather list; the kernel takes 1024.
    static let gatherLimit = 1024
    /// A send of at least so many bytes leaves from where they lie, if the kernel can do that.
    ///
    /// Why so many: pinning pages and one more completion replace the copy, which pays from about 10 KB up (the kernel's
    /// `msg_zerocopy.rst`); a gather list of short entries pins a page for each of them. From 64 KiB on a send fills the
    /// largest segment that the network is given at once, and the memory of smaller ones is free again without waiting for
    /// the peer.
    static let zeroCopyByteCount = 64 << 10

    private let loop: EventLoop
    private let descriptor: Int32
    private var inbound: OperationToken?
    private var outbound: OperationToken?
    private var isOpen = true
    private var gather: GatherList?
    private var isSendCancelled = false
    /// Off for good once the kernel could not send from where the bytes lay, or copied them all the same, as it does
    /// where sender and receiver share a machine: it then costs more than a plain send.
    private var sendsZeroCopy: Bool

    init(loop: EventLoop, descriptor: Int32) {
        self.loop = loop
        self.descriptor = descriptor
        sendsZeroCopy = loop.sendsZeroCopy
    }

    deinit {
        if isOpen { loop.close(descriptor) }
    }

    /// Connects to one address.
    ///
    /// - Parameter starting: is handed the socket, so that ``cancelOperations()`` can end the wait.
    /// - Throws: the kernel's error, `.cancelled`, or `.timedOut` after `timeoutNanoseconds`.
    public static func connect(
        to address: SocketAddress, on loop: EventLoop, timeoutNanoseconds: UInt64,
        starting: (Socket) -> Void = { _ in }
    ) async throws(KernelError) -> Socket {
        let descriptor = try KernelError.checkErrno(
            Glibc.socket(
                address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | loop.socketFlags, 0))
        let socket = Socket(loop: loop, descriptor: descriptor)
        let block = Block.copying(address.bytes.rawSpan)
        var timer: TimerID?
        let hasTimedOut = Flag()
        starting(socket)
        let result = unsafe await loop.perform(
            keepsAlive: block,
            onSubmit: { token in
                socket.outbound = token
                timer = loop.schedule(at: loop.now() &+ timeoutNanoseconds) {
                    hasTimedOut.value = true
                    loop.cancel(token)
                }
            }, .connect(descriptor, address: block.base, byteCount: address.bytes.count))
        socket.outbound = nil
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

    /// Sends all slices in order, by as many calls as their number takes.
    ///
    /// - Ownership: the slices are kept until the kernel has taken their bytes, which may be after the return: large sends
    ///   are read where they lie until the peer has acknowledged them.
    public func send(_ slices: [Slice]) async throws(KernelError) {
        guard slices.count > Self.gatherLimit else { return try await sendTogether(slices) }
        for start in stride(from: 0, to: slices.count, by: Self.gatherLimit) {
            try await sendTogether(Array(slices[start..<min(start + Self.gatherLimit, slices.count)]))
        }
    }

    /// - Precondition: at most ``gatherLimit`` slices.
    private func sendTogether(_ slices: [Slice]) async throws(KernelError) {
        precondition(outbound == nil, "two sends at once")
        guard isOpen else { throw .cancelled }
        let gather = gather ?? GatherList()
        self.gather = gather
        gather.load(slices)
        defer { gather.unload() }
        var left = gather.byteCount
        isSendCancelled = false
        if sendsZeroCopy, left >= Self.zeroCopyByteCount {
            left -= try await sendZeroCopy(gather, slices)
            guard left > 0 else { return }
            guard isOpen, !isSendCancelled else { throw .cancelled }
        }
        let result = unsafe await loop.perform(
            keepsAlive: gather, onSubmit: { outbound = $0 }, .send(descriptor, message: gather.message))
        outbound = nil
        closeIfIdle()
        guard try KernelError.check(result) == left else { throw KernelError(code: EPIPE) }
    }

    /// Sends from where the bytes lie as far as the kernel can, and leaves the rest in the gather list.
    ///
    /// - Returns: how many bytes were taken.
    private func sendZeroCopy(_ gather: GatherList, _ slices: [Slice]) async throws(KernelError) -> Int {
        let result = unsafe await loop.perform(
            keepsAlive: HeldSlices(slices), onSubmit: { outbound = $0 },
            onNotification: { [weak self] isCopied in if isCopied { self?.sendsZeroCopy = false } },
            .sendZeroCopy(descriptor, message: gather.message))
        outbound = nil
        closeIfIdle()
        let sent: Int
        if Self.zeroCopyRefusals.contains(-result) {
            sent = 0
        } else {
            sent = try KernelError.check(result)
        }
        // What stopped it half-way the plain send of the rest will find out.
        if unsafe gather.message.pointee.consume(sent) { sendsZeroCopy = false }
        return sent
    }

    /// What a send may fail with that a plain one need not: limits on pinned memory, sockets that cannot do without copying.
    private static let zeroCopyRefusals = [EAGAIN, ENOBUFS, ENOMEM, EOPNOTSUPP]

    /// Ends the receive or send that is under way; its caller gets `.cancelled`.
    public func cancelOperations() {
        if let inbound { loop.cancel(inbound) }
        guard let outbound else { return }
        isSendCancelled = true
        loop.cancel(outbound)
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

/// The bytes of a send, which the kernel may read after its result is known; the gather list it reads before that only.
private final class HeldSlices {
    private let slices: [Slice]

    init(_ slices: [Slice]) {
        self.slices = slices
    }
}

/// Set by a timer, read by whoever waits.
final class Flag {
    var value = false
}
