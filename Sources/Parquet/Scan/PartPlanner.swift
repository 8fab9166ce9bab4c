import Bytes

/// Cuts large column chunks into parts and puts small neighbours together, also those of small row groups.
///
/// Why the order: the columns of a row group are decoded side by side, so a part is wanted when the rows before it, as a
/// share of the chunk, are done.
struct PartPlanner {
    private let options: ScanOptions
    private(set) var parts: [ByteRange] = []
    private(set) var userCounts: [Int] = []
    /// Whether the last part holds all of the row groups it is for, so that the next one may join it.
    private var isLastPartOpen = false

    init(options: ScanOptions) {
        precondition(options.firstPartByteCount > 0)
        precondition(options.partByteCount >= options.firstPartByteCount)
        precondition(options.openingPartByteCount >= options.firstPartByteCount)
        self.options = options
    }

    /// A part before its place in the order is known.
    private struct Draft {
        var range: ByteRange
        /// Share of the chunk that lies before it.
        var position: Double
        /// First column in it, to break ties.
        var column: Int
        /// Column chunks in it.
        var users: [Int]
    }

    /// Adds the column chunks of one row group; returns the pieces of each.
    mutating func add(_ ranges: [ByteRange?]) -> [[ScanPlan.Piece]] {
        let wanted = ranges.indices.compactMap { index in ranges[index].map { (column: index, range: $0) } }
            .filter { $0.range.count > 0 }
        let limit = parts.isEmpty ? min(options.partByteCount, options.openingPartByteCount) : options.partByteCount
        var drafts: [Draft] = []
        var open: Draft?
        for (column, range) in wanted.sorted(by: { ($0.range.offset, $0.column) < ($1.range.offset, $1.column) }) {
            guard range.count <= UInt64(limit) else {
                drafts += split(range, column, limit)
                continue
            }
            if var merged = open, isNear(range, to: merged.range, limit: limit) {
                merged.range = merged.range.merged(with: range)
                merged.column = min(merged.column, column)
                merged.users.append(column)
                open = merged
            } else {
                if let open { drafts.append(open) }
                open = Draft(range: range, position: 0, column: column, users: [column])
            }
        }
        if let open { drafts.append(open) }
        drafts.sort { ($0.position, $0.column) < ($1.position, $1.column) }
        return place(drafts, ranges)
    }

    /// Whether a range begins shortly behind another one and both are no more than `limit`.
    private func isNear(_ range: ByteRange, to earlier: ByteRange, limit: Int) -> Bool {
        range.offset >= earlier.end && range.offset - earlier.end <= UInt64(options.mergeGapByteCount)
            && range.end - earlier.offset <= UInt64(limit)
    }

    /// Makes the last part reach over a whole further row group; false when it would be too large for that.
    private mutating func join(_ draft: Draft) -> Bool {
        guard isLastPartOpen else { return false }
        // What comes first is waited for.
        let limit = parts.count == 1 ? options.firstPartByteCount : options.partByteCount
        guard isNear(draft.range, to: parts[parts.count - 1], limit: limit) else { return false }
        parts[parts.count - 1] = parts[parts.count - 1].merged(with: draft.range)
        userCounts[parts.count - 1] += draft.users.count
        return true
    }

    /// First part, whole parts, and a tail of at least a quarter part.
    private func split(_ range: ByteRange, _ column: Int, _ limit: Int) -> [Draft] {
        var drafts: [Draft] = []
        var offset: UInt64 = 0
        while offset < range.count {
            // Later row groups are fetched ahead, so that nothing is won by a short beginning.
            let isBeginning = offset == 0 && parts.isEmpty
            var count = UInt64(isBeginning ? options.firstPartByteCount : limit)
            if range.count - offset < count + UInt64(limit / 4) { count = range.count - offset }
            drafts.append(
                Draft(
                    range: ByteRange(offset: range.offset + offset, count: count),
                    position: Double(offset) / Double(range.count), column: column, users: [column]))
            offset += count
        }
        return drafts
    }

    private mutating func place(_ drafts: [Draft], _ ranges: [ByteRange?]) -> [[ScanPlan.Piece]] {
        var pieces: [[ScanPlan.Piece]] = Array(repeating: [], count: ranges.count)
        for draft in drafts {
            if drafts.count > 1 || !join(draft) {
                parts.append(draft.range)
                userCounts.append(draft.users.count)
            }
            let part = parts.count - 1
            for column in draft.users {
                guard let chunk = ranges[column] else { preconditionFailure("a part for no chunk") }
                let start = max(chunk.offset, draft.range.offset)
                pieces[column].append(
                    ScanPlan.Piece(
                        part: part, partOffset: Int(start - parts[part].offset),
                        chunkOffset: Int(start - chunk.offset),
                        count: Int(min(chunk.end, draft.range.end) - start)))
            }
        }
        if !drafts.isEmpty { isLastPartOpen = drafts.count == 1 }
        return pieces
    }
}
