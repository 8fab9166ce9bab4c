import Bytes

extension ScanPlan {
    /// What a page is taken to hold at most; writers cut them at about a mebibyte.
    private static let usualPageByteCount = 1.25 * 1024 * 1024
    /// Levels and scratch of a column.
    private static let columnByteCount = 64 << 10

    /// Memory that a scan needs to move on at all: of each column chunk the dictionary, the page in use and the part it lies
    /// in, or the two that it lies across, and the batches in the making and on their way. An estimate: pages may be larger
    /// than is usual.
    public var workingByteCount: Int {
        var largest = 0.0
        for group in groups {
            let sum = group.chunks.reduce(0) { $0 + ($1.map { Self.workingByteCount($0, group) } ?? 0) }
            largest = max(largest, sum + Double(otherByteCount(in: group)))
        }
        // One being written, those that wait, one queued and one with the kernel.
        let batches = Double((3 + Scan.batchLimit) * options.batchBodyByteCount)
        return Int(min(largest, 1e18)) + Int(min(batches, 4 * valueByteCount)) + columns.count * Self.columnByteCount
    }

    /// What the part of a small row group holds besides its chunks: its neighbours, and what lies between.
    private func otherByteCount(in group: Group) -> Int {
        let pieces = group.chunks.lazy.compactMap { $0 }.flatMap(\.pieces)
        guard let part = pieces.first?.part, pieces.allSatisfy({ $0.part == part }) else { return 0 }
        return max(0, Int(parts[part].count) - pieces.reduce(0) { $0 + $1.count })
    }

    private static func workingByteCount(_ chunk: Chunk, _ group: Group) -> Double {
        var parts = 0
        for (index, piece) in chunk.pieces.enumerated() {
            let next = index + 1 < chunk.pieces.count ? chunk.pieces[index + 1].count : 0
            parts = max(parts, BlockPool.capacity(for: piece.count) + (next > 0 ? BlockPool.capacity(for: next) : 0))
        }
        let byteCount = chunk.bytesPerRow * Double(group.rowCount)
        let page = min(byteCount, usualPageByteCount)
        let fetched = chunk.pieces.reduce(1.0) { $0 + Double($1.count) }
        // Twice, for values that are sent wider than they are stored, and for where strings begin.
        let dictionary = 2 * min(Double(chunk.dictionaryByteCount) * max(byteCount / fetched, 1), page)
        guard chunk.codec != .uncompressed else { return Double(parts) + dictionary }
        return Double(parts) + dictionary + Double(BlockPool.capacity(for: Int(page)))
    }

    /// Bytes of all wanted values before compression, as the metadata says.
    public var valueByteCount: Double {
        groups.reduce(0) { sum, group in
            group.chunks.reduce(sum) { $0 + ($1?.bytesPerRow ?? 0) * Double(group.rowCount) }
        }
    }
}
