import Bytes
import CKernels

/// Byte arrays each of which begins with some bytes of the one before it.
///
/// Only lengths are looked at first; the bytes come into being where they are sent from, each value from its neighbour.
///
/// - Spec: Parquet `Encodings.md`, "Delta Strings": prefix lengths, suffix lengths, suffixes.
struct DeltaByteArray {
    /// All suffixes, one after another.
    let suffixes: Slice
    private var prefixLengths: DeltaBinaryPacked
    private var suffixLengths: DeltaBinaryPacked
    /// Bytes of the suffixes that were passed.
    private(set) var suffixByteCount = 0
    private var previousLength: UInt32 = 0

    /// Values that were not told yet.
    var remaining: Int { min(prefixLengths.remaining, suffixLengths.remaining) }

    init(_ bytes: Slice) throws(Defect) {
        prefixLengths = try DeltaBinaryPacked(bytes, byteWidth: 4)
        let rest = bytes.extracting(try prefixLengths.end()..<bytes.count)
        suffixLengths = try DeltaBinaryPacked(rest, byteWidth: 4)
        suffixes = rest.extracting(try suffixLengths.end()..<rest.count)
    }

    /// Tells prefix and suffix lengths of the next `count` values; returns the sum of both.
    ///
    /// - Parameter scratch: room for twice ``ScanResources/indexCount`` lengths.
    /// - Throws: when a prefix is longer than the value before it, or the suffixes run out.
    mutating func measure(
        _ count: Int, parts: UnsafeMutablePointer<ck_prefixed>, scratch: Slice
    ) throws(Defect) -> Int {
        var total: UInt64 = 0
        var done = 0
        let second = scratch.extracting(ScanResources.indexCount * 4..<scratch.count)
        while done < count {
            let part = min(count - done, ScanResources.indexCount)
            try prefixLengths.decode(part, into: scratch)
            try suffixLengths.decode(part, into: second)
            let used = unsafe ck_prefixed_parts(
                scratch.words(0, count: part), second.words(0, count: part), part, &previousLength,
                suffixes.count - suffixByteCount, parts + done, &total)
            guard used >= 0 else { throw Defect("a byte array shares more than there is, or its rest is missing") }
            suffixByteCount += used
            done += part
        }
        return Int(total)
    }
}
