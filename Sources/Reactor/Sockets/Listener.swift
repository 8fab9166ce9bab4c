import Glibc

/// A listening socket of one core; several cores share a port through SO_REUSEPORT.
public final class Listener {
    /// How long accepting pauses when the process has no descriptor left.
    ///
    /// - Units: nanoseconds.
    static let pauseNanoseconds: UInt64 = 100_000_000

    private let loop: EventLoop
    private let descriptor: Int32
    private var pending: OperationToken?
    private var isOpen = true
    /// Where it listens; the port is the real one even when 0 was asked for.
    public let address: SocketAddress

    /// - Throws: EADDRINUSE, EACCES and their like.
    public init(on address: SocketAddress, loop: EventLoop) throws(KernelError) {
        self.loop = loop
        descriptor = try KernelError.checkErrno(
            Glibc.socket(
                address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | loop.socketFlags, 0))
        do throws(KernelError) {
            self.address = try Self.listen(descriptor, on: address)
        } catch {
            loop.close(descriptor)
            throw error
        }
    }

    deinit {
        if isOpen { loop.close(descriptor) }
    }

    private static func listen(_ descriptor: Int32, on address: SocketAddress) throws(KernelError) -> SocketAddress {
        for option in [SO_REUSEADDR, SO_REUSEPORT] {
            var one: Int32 = 1
            _ = try KernelError.checkErrno(
                unsafe setsockopt(descriptor, SOL_SOCKET, option, &one, socklen_t(MemoryLayout<Int32>.size)))
        }
        if address.family == AF_INET6 {
            var zero: Int32 = 0
            _ = unsafe setsockopt(
                descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &zero, socklen_t(MemoryLayout<Int32>.size))
        }
        _ = try unsafe KernelError.checkErrno(
            address.withUnsafeAddress { unsafe bind(descriptor, $0, socklen_t($1)) })
        _ = try KernelError.checkErrno(Glibc.listen(descriptor, 1024))
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let named = unsafe withUnsafeMutablePointer(to: &storage) { pointer -> SocketAddress? in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
                guard unsafe getsockname(descriptor, plain, &size) == 0 else { return nil }
                return unsafe SocketAddress(plain, byteCount: Int(size))
            }
        }
        return named ?? address
    }

    /// Hands every new connection to `accepted` until ``close()``.
    public func run(_ accepted: @escaping (Socket) -> Void) {
        loop.spawn { [self] in
            while isOpen {
                let result = unsafe await loop.perform(
                    keepsAlive: nil, onSubmit: { pending = $0 }, .accept(descriptor))
                pending = nil
                if result >= 0 {
                    let socket = Socket(loop: loop, descriptor: result)
                    socket.disableDelay()
                    accepted(socket)
                } else if result == -EMFILE || result == -ENFILE || result == -ENOBUFS || result == -ENOMEM {
                    // Without the pause the waiting connection would complete this at once, again and again.
                    await loop.sleep(nanoseconds: Self.pauseNanoseconds)
                }
            }
            loop.close(descriptor)
        }
    }

    /// Stops accepting; connections that were accepted live on.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        if let pending { loop.cancel(pending) }
    }
}
