/// Lends blocks of memory and keeps what comes back for the next taker, so that the kernel is not asked.
///
/// Each core has its own pool; the lock is there because a block may be taken or released on another core, and is free of
/// contention otherwise.
///
/// - Shape: sizes are multiples of 16 KiB; blocks above 64 MiB are not kept.
@safe public final class BlockPool: Sendable {
    public static let smallestByteCount = GranuleMap.granuleByteCount

    private let memory: PooledMemory
    private let account: MemoryAccount?
    private let takesExpected: Bool

    /// Memory that nobody has goes back to the kernel beyond a limit.
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
        PooledMemory.capacity(for: byteCount)
    }

    @unsafe func takeBack(_ base: UnsafeMutableRawPointer, capacity: Int) {
        unsafe memory.takeBack(base, capacity: capacity)
        account?.giveBack(capacity)
    }
}
