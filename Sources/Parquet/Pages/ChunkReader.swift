import Bytes

/// Reads the bytes of one column chunk from front to back, through the parts that hold them.
///
/// - Ownership: bytes inside one part are lent as a slice of it; bytes across parts are gathered in a block of the pool.
struct ChunkReader {
    /// Bytes, or the part that has to be supplied first.
    enum Answer {
        case bytes(Slice)
        case needs(part: Int)
    }

    private let pieces: [ScanPlan.Piece]
    let byteCount: Int
    /// Bytes read so far.
    private(set) var position = 0
    private var current = 0
    private var releasedPieceCount = 0

    init(pieces: [ScanPlan.Piece]) {
        self.pieces = pieces
        byteCount = pieces.last.map { $0.chunkOffset + $0.count } ?? 0
    }

    var remaining: Int { byteCount - position }

    /// What lies at the position without a copy, at least one byte while any remain.
    mutating func peekInPlace(limit: Int, from store: PartStore) -> Answer {
        while position >= pieces[current].chunkOffset + pieces[current].count { current += 1 }
        let piece = pieces[current]
        guard let part = store.slice(piece.part) else { return .needs(part: piece.part) }
        let start = position - piece.chunkOffset
        let count = min(limit, piece.count - start)
        return .bytes(part.extracting(piece.partOffset + start..<piece.partOffset + start + count))
    }

    /// The next `count` bytes; the position stays.
    ///
    /// - Precondition: `count <= remaining`.
    mutating func peek(_ count: Int, from store: PartStore, pool: BlockPool) -> Answer {
        precondition(count <= remaining)
        guard count > 0 else { return .bytes(Slice(pool.take(byteCount: 0), offset: 0, count: 0)) }
        if case .needs(let part) = peekInPlace(limit: count, from: store) { return .needs(part: part) }
        let end = position + count
        var last = current
        while pieces[last].chunkOffset + pieces[last].count < end {
            last += 1
            guard store.slice(pieces[last].part) != nil else { return .needs(part: pieces[last].part) }
        }
        if last == current { return peekInPlace(limit: count, from: store) }
        let block = pool.take(byteCount: count)
        for piece in pieces[current...last] {
            guard let part = store.slice(piece.part) else { preconditionFailure("a part vanished") }
            let from = max(position, piece.chunkOffset)
            let to = min(end, piece.chunkOffset + piece.count)
            let source = part.extracting(
                piece.partOffset + from - piece.chunkOffset..<piece.partOffset + to - piece.chunkOffset)
            Kernels.copy(source, to: block.slice(from - position, count: to - from))
        }
        return .bytes(block.slice(0, count: count))
    }

    mutating func advance(_ count: Int) {
        precondition(count <= remaining)
        position += count
    }

    /// Gives back the parts that lie wholly before `offset`.
    mutating func release(before offset: Int, to store: PartStore) {
        while releasedPieceCount < pieces.count {
            let piece = pieces[releasedPieceCount]
            guard piece.chunkOffset + piece.count <= offset else { return }
            store.release(piece.part)
            releasedPieceCount += 1
        }
    }
}
