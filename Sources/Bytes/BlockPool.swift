import Glibc
import Synchronization

/// Keeps released blocks of a few sizes for the next taker, so that hot memory is used again and the kernel is not asked.
///
/// Each core has its own pool; the lock is there because a block may be released on another core, and is free of
/// contention otherwise.
///
/// - Shape: sizes are powers of two from 16 KiB to 4 MiB; a larger wish gets a block that is not kept.
@safe public final class BlockPool: Sendable {
    /// Smallest and largest kept size.
    public static let smallestByteCount = 16 << 10
    public static let largestByteCount = 4 << 20
    private static let classCount = 9

    /// Why `@unchecked Sendable`: raw memory that nobody uses, reached only under the lock.
    @safe private struct State: @unchecked Sendable {
        var free: [[UnsafeMutableRawPointer]] = unsafe Array(repeating: [], count: BlockPool.classCount)
        var idleByteCount = 0
        var lentByteCount = 0
        var largestLentByteCount = 0

        mutating func lend(_ byteCount: Int) {
            lentByteCount += byteCount
            largestLentByteCount = max(largestLentByteCount, lentByteCount)
        }
    }

    private let idleLimitByteCount: Int
    private let state = Mutex(State())

    /// - Parameter idleLimitByteCount: released blocks beyond this sum go back to the allocator.
    public init(idleLimitByteCount: Int) {
        self.idleLimitByteCount = idleLimitByteCount
    }

    deinit {
        state.withLock { state in
            unsafe state.free.joined().forEach { unsafe Glibc.free($0) }
        }
    }

    /// A block of at least `byteCount` bytes with undefined contents.
    public func take(byteCount: Int) -> Block {
        precondition(byteCount >= 0)
        guard let index = Self.classIndex(byteCount) else {
            state.withLock { $0.lend(byteCount) }
            return unsafe Block(capacity: byteCount, pool: self, base: allocateMemory(byteCount: byteCount))
        }
        let capacity = Self.smallestByteCount << index
        let kept: UnsafeMutableRawPointer? = unsafe state.withLock { state in
            state.lend(capacity)
            guard let memory = unsafe state.free[index].popLast() else { return nil }
            state.idleByteCount -= capacity
            return unsafe memory
        }
        return unsafe Block(capacity: capacity, pool: self, base: kept ?? allocateMemory(byteCount: capacity))
    }

    /// Bytes in blocks that are out with a taker.
    public var lentByteCount: Int { state.withLock { $0.lentByteCount } }

    /// The most that ``lentByteCount`` ever was.
    public var largestLentByteCount: Int { state.withLock { $0.largestLentByteCount } }

    /// Bytes that lie ready for the next taker.
    public var idleByteCount: Int { state.withLock { $0.idleByteCount } }

    @unsafe func takeBack(_ memory: UnsafeMutableRawPointer, capacity: Int) {
        let kept = state.withLock { state in
            state.lentByteCount -= capacity
            guard let index = Self.classIndex(capacity), Self.smallestByteCount << index == capacity,
                state.idleByteCount + capacity <= idleLimitByteCount
            else { return false }
            unsafe state.free[index].append(memory)
            state.idleByteCount += capacity
            return true
        }
        if !kept { unsafe Glibc.free(memory) }
    }

    private static func classIndex(_ byteCount: Int) -> Int? {
        guard byteCount <= largestByteCount else { return nil }
        guard byteCount > smallestByteCount else { return 0 }
        return (Int.bitWidth - (byteCount - 1).leadingZeroBitCount) - smallestByteCount.trailingZeroBitCount
    }
}
