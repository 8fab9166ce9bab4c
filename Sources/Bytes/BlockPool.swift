import Glibc
import Synchronization

/// Keeps released blocks of a few sizes for the next taker, so that hot memory is used again and the kernel is not asked.
///
/// Each core has its own pool; the lock is there because a block may be taken or released on another core, and is free of
/// contention otherwise.
///
/// - Shape: sizes are powers of two from 16 KiB to 8 MiB and those half-way between; a larger wish gets a block that is not
///   kept.
@safe public final class BlockPool: Sendable {
    /// Smallest and largest kept size.
    public static let smallestByteCount = 16 << 10
    public static let largestByteCount = 8 << 20

    private let memory: PooledMemory
    private let account: MemoryAccount?
    private let takesExpected: Bool

    /// Released blocks beyond a limit go back to the allocator.
    ///
    /// - Parameters:
    ///   - idleLimitByteCount: what is kept when little or nothing is lent.
    ///   - busyLimitByteCount: what is kept at most when so much is lent that half of it is more; nil for no more.
    public init(idleLimitByteCount: Int, busyLimitByteCount: Int? = nil) {
        memory = PooledMemory(
            idleLimitByteCount: idleLimitByteCount, busyLimitByteCount: busyLimitByteCount ?? idleLimitByteCount)
        account = nil
        takesExpected = false
    }

    /// The same memory on somebody's account.
    ///
    /// - Parameter takesExpected: blocks from this view are those that ``MemoryAccount/expect(_:isNeeded:)`` announced.
    public init(sharing pool: BlockPool, account: MemoryAccount, takesExpected: Bool = false) {
        memory = pool.memory
        self.account = account
        self.takesExpected = takesExpected
    }

    /// A block of at least `byteCount` bytes with undefined contents.
    public func take(byteCount: Int) -> Block {
        precondition(byteCount >= 0)
        let (base, capacity) = unsafe memory.take(byteCount: byteCount)
        account?.take(capacity, expectedByteCount: takesExpected ? byteCount : 0)
        return unsafe Block(capacity: capacity, pool: self, base: base)
    }

    /// Bytes in blocks that are out with a taker.
    public var lentByteCount: Int { memory.lentByteCount }

    /// The most that ``lentByteCount`` ever was.
    public var largestLentByteCount: Int { memory.largestLentByteCount }

    /// Bytes that lie ready for the next taker.
    public var idleByteCount: Int { memory.idleByteCount }

    /// What a block of at least `byteCount` bytes really holds.
    public static func capacity(for byteCount: Int) -> Int {
        PooledMemory.classIndex(byteCount).map(PooledMemory.capacity) ?? byteCount
    }

    @unsafe func takeBack(_ base: UnsafeMutableRawPointer, capacity: Int) {
        unsafe memory.takeBack(base, capacity: capacity)
        account?.giveBack(capacity)
    }
}

/// The memory of one core, shared by all views of its pool.
@safe private final class PooledMemory: Sendable {
    private static let classCount = 19

    /// Why `@unchecked Sendable`: raw memory that nobody uses, reached only under the lock.
    @safe private struct State: @unchecked Sendable {
        var free: [[UnsafeMutableRawPointer]] = unsafe Array(repeating: [], count: PooledMemory.classCount)
        var idleByteCount = 0
        var lentByteCount = 0
        var largestLentByteCount = 0

        mutating func lend(_ byteCount: Int) {
            lentByteCount += byteCount
            largestLentByteCount = max(largestLentByteCount, lentByteCount)
        }

        @unsafe mutating func takeLargest() -> UnsafeMutableRawPointer? {
            guard let index = unsafe free.lastIndex(where: { unsafe !$0.isEmpty }) else { return nil }
            idleByteCount -= PooledMemory.capacity(index)
            return unsafe free[index].popLast()
        }
    }

    private let idleLimitByteCount: Int
    private let busyLimitByteCount: Int
    private let state = Mutex(State())

    init(idleLimitByteCount: Int, busyLimitByteCount: Int) {
        self.idleLimitByteCount = idleLimitByteCount
        self.busyLimitByteCount = busyLimitByteCount
    }

    deinit {
        state.withLock { state in
            unsafe state.free.joined().forEach { unsafe Glibc.free($0) }
        }
    }

    @unsafe func take(byteCount: Int) -> (base: UnsafeMutableRawPointer, capacity: Int) {
        guard let index = Self.classIndex(byteCount) else {
            state.withLock { $0.lend(byteCount) }
            return unsafe (allocateMemory(byteCount: byteCount), byteCount)
        }
        let capacity = Self.capacity(index)
        let kept: UnsafeMutableRawPointer? = unsafe state.withLock { state in
            state.lend(capacity)
            guard let memory = unsafe state.free[index].popLast() else { return nil }
            state.idleByteCount -= capacity
            return unsafe memory
        }
        return unsafe (kept ?? allocateMemory(byteCount: capacity), capacity)
    }

    @unsafe func takeBack(_ base: UnsafeMutableRawPointer, capacity: Int) {
        let (isKept, other): (Bool, UnsafeMutableRawPointer?) = unsafe state.withLock { state in
            state.lentByteCount -= capacity
            // What many scans hold goes up and down by much, and fresh memory is dear.
            let limit = max(idleLimitByteCount, min(busyLimitByteCount, state.lentByteCount / 2))
            // The limit falls with what is lent, so each block that comes back may send another one away.
            let other = unsafe state.idleByteCount > limit ? state.takeLargest() : nil
            guard let index = Self.classIndex(capacity), Self.capacity(index) == capacity,
                state.idleByteCount + capacity <= limit
            else { return unsafe (false, other) }
            unsafe state.free[index].append(base)
            state.idleByteCount += capacity
            return unsafe (true, other)
        }
        if !isKept { unsafe Glibc.free(base) }
        unsafe Glibc.free(other)
    }

    var lentByteCount: Int { state.withLock { $0.lentByteCount } }
    var largestLentByteCount: Int { state.withLock { $0.largestLentByteCount } }
    var idleByteCount: Int { state.withLock { $0.idleByteCount } }

    /// The smallest class that holds so much.
    fileprivate static func classIndex(_ byteCount: Int) -> Int? {
        guard byteCount <= BlockPool.largestByteCount else { return nil }
        guard byteCount > BlockPool.smallestByteCount else { return 0 }
        let doublings =
            Int.bitWidth - (byteCount - 1).leadingZeroBitCount - BlockPool.smallestByteCount.trailingZeroBitCount
        let index = 2 * doublings
        return capacity(index - 1) >= byteCount ? index - 1 : index
    }

    fileprivate static func capacity(_ index: Int) -> Int {
        let power = BlockPool.smallestByteCount << (index / 2)
        return index.isMultiple(of: 2) ? power : power / 2 * 3
    }
}
