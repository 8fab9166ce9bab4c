import Bytes

/// Memory for decompressed pages, handed from one page to the next without asking the pool, so that a page costs no
/// allocation.
///
/// - Shape: a few blocks; what does not fit among them goes back to the pool.
struct PageMemory {
    private let pool: BlockPool
    private let blockLimit: Int
    private var spare: [Block] = []

    /// - Parameter blockLimit: blocks that are kept, at least one.
    init(pool: BlockPool, blockLimit: Int) {
        precondition(blockLimit > 0)
        self.pool = pool
        self.blockLimit = blockLimit
        spare.reserveCapacity(blockLimit)
    }

    /// A block of at least `byteCount` bytes, at most four times as many where it was used before.
    mutating func take(byteCount: Int) -> Block {
        let wanted = max(byteCount, BlockPool.smallestByteCount)
        guard let index = spare.lastIndex(where: { (wanted...4 * wanted).contains($0.capacity) }) else {
            return pool.take(byteCount: byteCount)
        }
        return spare.remove(at: index)
    }

    /// Keeps a block that nobody else refers to.
    mutating func giveBack(_ block: consuming Block) {
        guard isKnownUniquelyReferenced(&block) else { return }
        if spare.count == blockLimit { spare.removeFirst() }
        spare.append(block)
    }
}
