import Bytes

/// What libssl reads and writes in place of a socket: sealed bytes in memory.
///
/// Incoming bytes are read where the caller has them; the one copy is libssl's own, into its record buffer. Outgoing bytes
/// are collected in a block that is used again once the caller has let go of what it took.
@safe final class MemoryTransport {
    /// Room for a few records; a larger block, for a larger answer, is not kept.
    private static let blockByteCount = 64 << 10

    // Points to memory during ``lend(_:)`` only.
    private var input = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    /// Bytes of the lent memory that were read.
    private(set) var consumed = 0

    private var block: Block?
    /// What was written and not yet taken.
    private var pending = 0..<0

    /// Makes `bytes` the input; they must stay where they are until ``takeBack()``.
    @unsafe func lend(_ bytes: UnsafeRawBufferPointer) {
        unsafe input = unsafe bytes
        consumed = 0
    }

    /// Ends what ``lend(_:)`` began.
    func takeBack() {
        unsafe input = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Moves the next input to `target`; 0 when there is none.
    @unsafe func read(into target: UnsafeMutableRawPointer, limit: Int) -> Int {
        let count = unsafe min(limit, input.count - consumed)
        guard count > 0, let source = unsafe input.baseAddress else { return 0 }
        unsafe target.copyMemory(from: source + consumed, byteCount: count)
        consumed += count
        return count
    }

    /// Adds `source` to the output.
    @unsafe func write(_ source: UnsafeRawBufferPointer) {
        guard let address = source.baseAddress else { return }
        let target = room(for: source.count)
        unsafe (target.base + pending.upperBound).copyMemory(from: address, byteCount: source.count)
        pending = pending.lowerBound..<pending.upperBound + source.count
    }

    var hasOutput: Bool { !pending.isEmpty }

    /// All output since the last call, or nil.
    func takeOutput() -> Slice? {
        guard let block, hasOutput else { return nil }
        defer { pending = pending.upperBound..<pending.upperBound }
        return block.slice(pending.lowerBound, count: pending.count)
    }

    /// A block with room for `byteCount` bytes behind the pending ones.
    private func room(for byteCount: Int) -> Block {
        // Nobody has a slice of it any more: start over.
        if pending.isEmpty, isKnownUniquelyReferenced(&block) {
            pending = 0..<0
            if let block, block.capacity > Self.blockByteCount { self.block = nil }
        }
        if let block, block.capacity - pending.upperBound >= byteCount { return block }
        let needed = pending.count + byteCount
        let larger = Block.allocate(capacity: needed > Self.blockByteCount ? 2 * needed : Self.blockByteCount)
        if let block {
            unsafe larger.base.copyMemory(from: block.base + pending.lowerBound, byteCount: pending.count)
        }
        pending = 0..<pending.count
        block = larger
        return larger
    }
}
