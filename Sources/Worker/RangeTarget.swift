import Bytes

/// Where the bytes of one range go, over as many answers as it takes.
///
/// - Shape: one block, taken when the first answer is there: until then nobody needs it.
final class RangeTarget {
    /// Bytes that are wanted.
    private(set) var byteCount: Int
    private let memory: BlockPool
    private var block: Block?
    /// Bytes that have come.
    private(set) var filledByteCount = 0

    init(byteCount: Int, memory: BlockPool) {
        self.byteCount = byteCount
        self.memory = memory
    }

    var isFull: Bool { filledByteCount == byteCount }

    /// Room for the next bytes, at most `limit`.
    func room(limit: Int) -> Slice {
        let count = min(limit, byteCount - filledByteCount)
        guard count > 0 else { return Self.nothing }
        let block = block ?? memory.take(byteCount: byteCount)
        self.block = block
        return block.slice(filledByteCount, count: count)
    }

    /// So many bytes were put at the start of the room.
    func filled(_ count: Int) {
        precondition(count <= byteCount - filledByteCount)
        filledByteCount += count
    }

    /// No more bytes than these are to be had.
    func limit(to count: Int) {
        byteCount = min(byteCount, max(count, filledByteCount))
    }

    /// What has come.
    var bytes: Slice { block?.slice(0, count: filledByteCount) ?? Self.nothing }

    private static let nothing = Slice(copying: [])
}
