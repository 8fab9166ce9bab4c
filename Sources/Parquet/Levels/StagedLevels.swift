import Bytes
import CKernels

/// The levels of entries of a nested column that were decoded but not sent yet.
///
/// - Shape: one byte an entry for each kind of level, in two arrays; without repetition, entries are rows.
@safe struct StagedLevels {
    let maxRepetition: Int
    let maxDefinition: Int
    private(set) var entryCount = 0
    /// Entries that begin a row.
    private(set) var rowCount = 0
    private var repetitionBytes: Slice
    private var definitionBytes: Slice
    private let pool: BlockPool

    init(leaf: Leaf, pool: BlockPool) {
        maxRepetition = leaf.maxRepetition
        maxDefinition = leaf.maxDefinition
        self.pool = pool
        let room = pool.take(byteCount: BlockPool.smallestByteCount)
        repetitionBytes = room.slice(0, count: maxRepetition > 0 ? room.capacity / 2 : 0)
        definitionBytes = room.slice(repetitionBytes.count, count: room.capacity - repetitionBytes.count)
    }

    /// Bits of a level up to `highest`.
    static func bitWidth(_ highest: Int) -> Int { Int.bitWidth - highest.leadingZeroBitCount }

    var repetition: Slice { repetitionBytes.extracting(0..<(maxRepetition > 0 ? entryCount : 0)) }
    var definition: Slice { definitionBytes.extracting(0..<entryCount) }

    /// Decodes `count` more entries; returns how many have a value.
    ///
    /// - Throws: when levels end early or are higher than the schema allows, and when a row begins in its middle.
    mutating func append(
        _ count: Int, _ repetition: inout HybridRuns?, _ definition: inout HybridRuns?
    ) throws(Defect) -> Int {
        makeRoom(for: count)
        let end = entryCount + count
        if maxRepetition > 0 {
            let target = repetitionBytes.extracting(entryCount..<end)
            try Self.decode(&repetition, highest: maxRepetition, into: target, "repetition")
            let begun = unsafe ck_count_value(target.address, count, 0)
            if rowCount == 0, count > 0 {
                guard unsafe target.address.pointee == 0 else { throw Defect("the first row begins in its middle") }
            }
            rowCount += begun
        } else {
            rowCount = end
        }
        let target = definitionBytes.extracting(entryCount..<end)
        try Self.decode(&definition, highest: maxDefinition, into: target, "definition")
        entryCount = end
        return maxDefinition == 0 ? count : unsafe ck_count_value(target.address, count, UInt8(maxDefinition))
    }

    /// Entries of the first `rowCount` rows.
    ///
    /// - Precondition: the rows are there; the last one ends with the entries when no other row follows.
    func entryCount(ofRows rowCount: Int) -> Int {
        precondition(rowCount <= self.rowCount)
        if maxRepetition == 0 || rowCount == self.rowCount { return maxRepetition == 0 ? rowCount : entryCount }
        return unsafe ck_find_value(repetitionBytes.address, entryCount, 0, rowCount)
    }

    /// Forgets the first entries.
    mutating func removeFirst(entries: Int, rows: Int) {
        let left = entryCount - entries
        if left > 0 {
            if maxRepetition > 0 { Kernels.move(repetitionBytes, from: entries, count: left) }
            Kernels.move(definitionBytes, from: entries, count: left)
        }
        entryCount = left
        rowCount -= rows
    }

    mutating func removeAll() {
        entryCount = 0
        rowCount = 0
    }

    private static func decode(
        _ runs: inout HybridRuns?, highest: Int, into target: Slice, _ kind: StaticString
    ) throws(Defect) {
        guard highest > 0 else { return Kernels.zero(target) }
        guard runs != nil else { preconditionFailure("no \(kind) levels") }
        let largest = try unsafe runs!.decodeLevels(
            target.count, into: target.address, end: Defect("the \(kind) levels end early"))
        guard largest <= UInt32(highest) else { throw Defect("a \(kind) level is larger than \(highest)") }
    }

    private mutating func makeRoom(for count: Int) {
        let wanted = entryCount + count
        guard wanted > definitionBytes.count else { return }
        let share = max(wanted, 2 * definitionBytes.count)
        let room = pool.take(byteCount: maxRepetition > 0 ? 2 * share : share)
        let half = maxRepetition > 0 ? room.capacity / 2 : 0
        let grownRepetition = room.slice(0, count: half)
        let grownDefinition = room.slice(half, count: room.capacity - half)
        Kernels.copy(repetition, to: grownRepetition)
        Kernels.copy(definition, to: grownDefinition)
        repetitionBytes = grownRepetition
        definitionBytes = grownDefinition
    }
}
