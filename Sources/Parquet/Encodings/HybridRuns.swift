import Bytes
import CKernels

/// Splits an RLE / bit-packing hybrid stream into runs.
///
/// Why it stops at runs: a repeated run can be filled or skipped without unpacking.
///
/// - Spec: Parquet `Encodings.md`, "Run Length Encoding / Bit-Packing Hybrid".
/// - Shape: values of `bitWidth` bits, 0 ... 32.
/// - Cost: constant per run; allocates nothing.
@safe struct HybridRuns {
    /// A piece of a run.
    enum Run: Equatable {
        case repeated(value: UInt32, count: Int)
        /// Values `first ..< first + count` of the packed bytes that lie at `byteRange`.
        case packed(byteRange: Range<Int>, first: Int, count: Int)
    }

    /// Keeps the memory behind ``base``.
    let bytes: Slice
    /// First of ``bytes``: reading through the slice would count a reference for every run.
    private let base: UnsafePointer<UInt8>
    let bitWidth: Int
    private var offset: Int
    /// Values left in the current run.
    private var left = 0
    /// The current run's packed bytes; empty when it repeats `value`.
    private var packed = 0..<0
    private var next = 0
    private var isPacked = false
    private var value: UInt32 = 0

    /// - Precondition: `bitWidth` is 0 ... 32.
    init(_ bytes: Slice, bitWidth: Int) {
        precondition((0...32).contains(bitWidth))
        self.bytes = bytes
        unsafe base = UnsafePointer(bytes.address)
        self.bitWidth = bitWidth
        offset = 0
    }

    /// The next piece of at most `limit` values, or nil at the end of the bytes.
    mutating func next(limit: Int) throws(Defect) -> Run? {
        while left == 0 {
            guard offset < bytes.count else { return nil }
            try readHead()
        }
        let count = min(left, limit)
        left -= count
        guard isPacked else { return .repeated(value: value, count: count) }
        defer { next += count }
        return .packed(byteRange: packed, first: next, count: count)
    }

    /// Unpacks values of a packed run; returns the largest.
    @unsafe func unpack(
        _ byteRange: Range<Int>, first: Int, count: Int, into target: UnsafeMutablePointer<UInt32>
    ) -> UInt32 {
        unsafe ck_unpack(base + byteRange.lowerBound, byteRange.count, UInt32(bitWidth), first, count, target)
    }

    /// The same for values of at most 8 bits, to a byte each.
    @unsafe func unpackLevels(
        _ byteRange: Range<Int>, first: Int, count: Int, into target: UnsafeMutablePointer<UInt8>
    ) -> UInt8 {
        unsafe ck_unpack_levels(base + byteRange.lowerBound, byteRange.count, UInt32(bitWidth), first, count, target)
    }

    /// The bytes of a packed run of single bits.
    func bits(_ byteRange: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: base + byteRange.lowerBound, count: byteRange.count)
    }

    private mutating func readHead() throws(Defect) {
        let head = try readVarint()
        if head & 1 == 0 {
            let byteWidth = (bitWidth + 7) / 8
            guard byteWidth <= bytes.count - offset else { throw Defect("a repeated run ends early") }
            value = 0
            for position in 0..<byteWidth { value |= UInt32(byte(offset + position)) << UInt32(8 * position) }
            offset += byteWidth
            left = Int(head >> 1)
            isPacked = false
        } else {
            let groupCount = Int(head >> 1)
            // Some writers leave out the padding of the last group; what is there decides.
            let byteCount = min(groupCount * bitWidth, bytes.count - offset)
            left = bitWidth == 0 ? groupCount * 8 : byteCount * 8 / bitWidth
            packed = offset..<offset + byteCount
            offset += byteCount
            next = 0
            isPacked = bitWidth > 0
            value = 0
        }
    }

    /// Run heads fit into 32 bits, so that counts cannot overflow.
    private mutating func readVarint() throws(Defect) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < bytes.count else { throw Defect("a run head ends early") }
            let byte = byte(offset)
            offset += 1
            result |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { break }
            shift += 7
            guard shift < 35 else { throw Defect("a run head is too long") }
        }
        guard result <= UInt64(UInt32.max) else { throw Defect("a run head is too large") }
        return result
    }

    private func byte(_ offset: Int) -> UInt8 {
        unsafe base[offset]
    }
}
