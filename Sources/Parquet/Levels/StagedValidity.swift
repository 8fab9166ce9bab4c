import Bytes
import CKernels

/// The validity of rows whose levels were decoded but which were not sent yet.
///
/// - Shape: bit i is row i of the next batch. Without any null there are no bits at all.
struct StagedValidity {
    private(set) var rowCount = 0
    private(set) var nullCount = 0
    private var bits: Slice?
    private let pool: BlockPool

    init(pool: BlockPool) {
        self.pool = pool
    }

    mutating func append(isValid: Bool, count: Int) {
        if isValid && nullCount == 0 {
            rowCount += count
            return
        }
        let target = room(for: count)
        unsafe ck_fill_bits(target.address, rowCount, isValid, count)
        rowCount += count
        if !isValid { nullCount += count }
    }

    /// Appends the definition levels of `count` rows of a flat column; returns how many rows have a value.
    ///
    /// - Spec: Parquet README, "Nulls".
    /// - Throws: when the levels end early or are neither 0 nor 1.
    mutating func append(_ levels: inout HybridRuns, count: Int) throws(Defect) -> Int {
        let nullCountBefore = nullCount
        var left = count
        while left > 0, nullCount == 0, let run = try levels.takeRepeated(limit: left) {
            guard run.value <= 1 else { throw Defect("a definition level is larger than 1") }
            append(isValid: run.value == 1, count: run.count)
            left -= run.count
        }
        if left > 0 {
            let target = room(for: left)
            let validCount = try unsafe levels.decodeBits(
                left, into: target.address, after: rowCount, end: Defect("the definition levels end early"))
            rowCount += left
            nullCount += left - validCount
        }
        return count - (nullCount - nullCountBefore)
    }

    /// Nulls among the first `rowCount` rows.
    func nullCount(first rowCount: Int) -> Int {
        precondition(rowCount <= self.rowCount)
        if nullCount == 0 { return 0 }
        if rowCount == self.rowCount { return nullCount }
        guard let bits else { preconditionFailure("nulls without bits") }
        return unsafe rowCount - ck_count_bits(bits.address, 0, rowCount)
    }

    /// The bits, while there are nulls.
    var bitmap: Slice? { nullCount > 0 ? bits : nil }

    /// Forgets the first `count` rows.
    mutating func removeFirst(_ count: Int) {
        let removedNulls = nullCount(first: count)
        if let bits, nullCount > removedNulls {
            let left = rowCount - count
            let moved = Slice(pool.take(byteCount: bits.count), offset: 0, count: bits.count)
            unsafe ck_copy_bits(moved.address, 0, bits.address, bits.count, count, left)
            self.bits = moved
        }
        rowCount -= count
        nullCount -= removedNulls
    }

    /// Memory for the rows so far and `count` more; rows before the first null become set bits.
    private mutating func room(for count: Int) -> Slice {
        let wanted = (rowCount + count + 7) / 8 + 8
        let isFresh = nullCount == 0
        if bits == nil || bits!.count < wanted {
            let grown = pool.take(byteCount: wanted)
            if let bits, !isFresh { Kernels.copy(bits, to: grown.slice(0, count: bits.count)) }
            bits = grown.slice(0, count: grown.capacity)
        }
        if isFresh { unsafe ck_fill_bits(bits!.address, 0, true, rowCount) }
        return bits!
    }
}
