import Bytes
import CoreHarness
import Glibc
import Testing

@testable import Reactor

/// Bytes that tell where in the stream they belong.
enum Pattern {
    static func byte(_ position: Int) -> UInt8 { UInt8(truncatingIfNeeded: position &* 7 &+ position >> 8) }

    static func fill(_ slice: Slice, startingAt start: Int = 0) -> Slice {
        var bytes = slice.mutableBytes
        for position in 0..<slice.count {
            bytes.storeBytes(of: byte(start + position), toByteOffset: position, as: UInt8.self)
        }
        return slice
    }

    static func slice(byteCount: Int, startingAt start: Int = 0, from pool: BlockPool) -> Slice {
        fill(pool.take(byteCount: byteCount).slice(0, count: byteCount), startingAt: start)
    }

    static func slices(byteCount: Int, entryByteCount: Int) -> [Slice] {
        let whole = fill(Block.allocate(capacity: byteCount).slice(0, count: byteCount))
        return stride(from: 0, to: byteCount, by: entryByteCount).map {
            whole.extracting($0..<min($0 + entryByteCount, byteCount))
        }
    }

    static func wrongByteCount(_ slice: Slice) -> Int {
        let bytes = slice.bytes
        var count = 0
        for position in 0..<slice.count
        where unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self) != byte(position) { count += 1 }
        return count
    }
}

/// The two ends of one connection, on one loop.
final class SocketPair {
    let sender: Socket
    let receiver: Socket

    init(sender: Socket, receiver: Socket) {
        self.sender = sender
        self.receiver = receiver
    }

    convenience init(on loop: EventLoop) async throws {
        let listener = try Listener(on: #require(EventLoopTests.loopback), loop: loop)
        let accepted = Box<Socket?>(nil)
        listener.run { accepted.value = $0 }
        let receiver = try await Socket.connect(to: listener.address, on: loop, timeoutNanoseconds: 1_000_000_000)
        while accepted.value == nil { await loop.sleep(nanoseconds: 1_000_000) }
        listener.close()
        self.init(sender: try #require(accepted.value), receiver: receiver)
    }

    func close() {
        sender.close()
        receiver.close()
    }
}

/// Receives so many bytes while the test goes on.
final class Received {
    private let target: Slice
    private var count: Int?
    private let end = Suspension()

    init(_ socket: Socket, byteCount: Int, on loop: EventLoop) {
        target = Block.allocate(capacity: byteCount).slice(0, count: byteCount)
        loop.spawn { [self] in
            count = (try? await socket.receive(into: target, fills: true)) ?? 0
            end.wake()
        }
    }

    /// Bytes that are not what was sent, or have not come.
    var wrongByteCount: Int {
        get async {
            if count == nil { await end.wait() }
            let count = count ?? 0
            return target.count - count + Pattern.wrongByteCount(target.extracting(0..<count))
        }
    }
}

/// The far end of a connection outside any loop.
struct PlainPeer: Sendable {
    let descriptor: Int32

    /// A peer, and the descriptor of the end that a test sends from.
    static func connected() throws -> (near: Int32, PlainPeer) {
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { _ = Glibc.close(listening) }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let any = try #require(EventLoopTests.loopback)
        try #require(unsafe any.withUnsafeAddress { unsafe bind(listening, $0, socklen_t($1)) } == 0)
        try #require(listen(listening, 1) == 0)
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isConnected = unsafe withUnsafeMutablePointer(to: &storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe getsockname(listening, address, &size) == 0 && connect(descriptor, address, size) == 0
            }
        }
        try #require(isConnected)
        let near = accept(listening, nil, nil)
        try #require(near >= 0)
        return (near, PlainPeer(descriptor: descriptor))
    }

    static func withSocket(on loop: EventLoop) throws -> (PlainPeer, Socket) {
        let (near, peer) = try connected()
        return (peer, Socket(loop: loop, descriptor: near))
    }

    /// Everything up to the end, which closes this side too.
    func receiveAll() -> [UInt8] {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        _ = Glibc.close(descriptor)
        return received
    }
}
