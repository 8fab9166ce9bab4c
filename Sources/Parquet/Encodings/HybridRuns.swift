import Bytes
import CKernels

/// Values in runs, each of which repeats one value or packs several.
///
/// - Spec: Parquet `Encodings.md`, "Run Length Encoding / Bit-Packing Hybrid".
/// - Shape: values of `bitWidth` bits, 0 ... 32; a run may claim any number of values and is clipped to what is asked.
/// - Cost: a few nanoseconds for a run besides its values; allocates nothing.
@safe struct HybridRuns {
    /// A repeated run of so many values is worth being told apart.
    static let longRunCount = 64

    /// Keeps the memory behind ``base``.
    private let bytes: Slice
    /// First of ``bytes``: reading through the slice would count a reference for every run.
    private let base: UnsafePointer<UInt8>
    private let bitWidth: UInt32
    private var runs = ck_runs()

    /// - Precondition: `bitWidth` is 0 ... 32.
    init(_ bytes: Slice, bitWidth: Int) {
        precondition((0...32).contains(bitWidth))
        self.bytes = bytes
        unsafe base = UnsafePointer(bytes.address)
        self.bitWidth = UInt32(bitWidth)
    }

    /// Takes the rest of a repeated run, at most `limit` values; nil before a packed one and at the end.
    mutating func takeRepeated(limit: Int) throws(Defect) -> (value: UInt32, count: Int)? {
        let status = unsafe ck_runs_begin(&runs, base, bytes.count, bitWidth)
        if status == CK_RUNS_END { return nil }
        try check(status, Defect.fewerValues)
        guard !runs.is_packed else { return nil }
        let count = min(runs.left, limit)
        runs.left -= count
        return (runs.value, count)
    }

    /// Decodes at most `count` values and stops before a long repeated run; tells how many and the largest.
    ///
    /// - Throws: at the end of the runs.
    @unsafe mutating func decode(
        _ count: Int, into target: UnsafeMutablePointer<UInt32>
    ) throws(Defect) -> (count: Int, largest: UInt32) {
        var done = 0
        var largest: UInt32 = 0
        let status = unsafe ck_runs_indices(
            &runs, base, bytes.count, bitWidth, count, Self.longRunCount, target, &done, &largest)
        try check(status, Defect.fewerValues)
        return (done, largest)
    }

    /// Decodes `count` levels of at most 8 bits to a byte each; returns the largest.
    @unsafe mutating func decodeLevels(
        _ count: Int, into target: UnsafeMutablePointer<UInt8>, end: @autoclosure () -> Defect
    ) throws(Defect) -> UInt32 {
        precondition(bitWidth <= 8)
        var largest: UInt32 = 0
        let status = unsafe ck_runs_levels(&runs, base, bytes.count, bitWidth, count, target, &largest)
        try check(status, end())
        return largest
    }

    /// Appends `count` values of one bit to a bitmap that has `first` already; returns how many are set.
    ///
    /// - Throws: for a value above 1, and `end` at the end of the runs.
    @unsafe mutating func decodeBits(
        _ count: Int, into target: UnsafeMutablePointer<UInt8>, after first: Int, end: @autoclosure () -> Defect
    ) throws(Defect) -> Int {
        precondition(bitWidth == 1)
        var set = 0
        let status = unsafe ck_runs_bits(&runs, base, bytes.count, count, target, first, &set)
        try check(status, end())
        return set
    }

    private func check(_ status: ck_runs_status, _ end: @autoclosure () -> Defect) throws(Defect) {
        switch status {
        case CK_RUNS_OK: return
        case CK_RUNS_CUT: throw Defect("a run ends early")
        case CK_RUNS_BAD_HEAD: throw Defect("a run head is too large")
        case CK_RUNS_BAD_VALUE: throw Defect("a value of one bit is larger than 1")
        default: throw end()
        }
    }
}
