import Glibc

/// Stands in for the pool of `Bytes` where the address sanitizer looks on.
///
/// Blocks are exactly as large as asked for and are never used again, so that a step beyond one is seen; and each pool
/// fills them with another byte, so that two scans tell when memory that nobody wrote is sent.
public final class BlockPool: Sendable {
    public static let smallestByteCount = 64
    public let lentByteCount = 0
    public let largestLentByteCount = 0
    public let idleByteCount = 0
    private let filling: Int32

    private nonisolated(unsafe) static var poolCount: Int32 = 0

    public init(idleLimitByteCount: Int) {
        unsafe Self.poolCount &+= 1
        filling = unsafe Self.poolCount % 2 == 0 ? 0x55 : 0xaa
    }

    public static func capacity(for byteCount: Int) -> Int { byteCount }

    public func take(byteCount: Int) -> Block {
        let memory = unsafe exactMemory(byteCount: byteCount)
        unsafe memset(memory, filling, byteCount)
        return unsafe Block(capacity: byteCount, pool: self, base: memory)
    }

    @unsafe func takeBack(_ memory: UnsafeMutableRawPointer, capacity: Int) { unsafe free(memory) }

    private func exactMemory(byteCount: Int) -> UnsafeMutableRawPointer {
        var memory: UnsafeMutableRawPointer?
        guard unsafe posix_memalign(&memory, Block.alignment, byteCount) == 0, let memory = unsafe memory else {
            preconditionFailure("out of memory: \(byteCount) bytes")
        }
        return unsafe memory
    }
}
