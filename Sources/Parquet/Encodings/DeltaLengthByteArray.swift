import Bytes
import CKernels

/// Byte arrays whose lengths come first, delta-encoded, and then all their bytes.
///
/// - Spec: Parquet `Encodings.md`, "Delta-length byte array".
struct DeltaLengthByteArray {
    /// The bytes of all values, one after another.
    let data: Slice
    private var lengths: DeltaBinaryPacked
    private var offset = 0

    /// Values that were not found yet.
    var remaining: Int { lengths.remaining }

    init(_ bytes: Slice) throws(Defect) {
        lengths = try DeltaBinaryPacked(bytes, byteWidth: 4)
        data = bytes.extracting(try lengths.end()..<bytes.count)
    }

    /// Finds the next `count` values in ``data``; returns the sum of their lengths.
    ///
    /// - Parameter scratch: room for ``ScanResources/indexCount`` lengths.
    mutating func find(
        _ count: Int, views: UnsafeMutablePointer<ck_view>, scratch: Slice
    ) throws(Defect) -> Int {
        let start = offset
        var done = 0
        while done < count {
            let part = min(count - done, ScanResources.indexCount)
            try lengths.decode(part, into: scratch)
            let end = unsafe ck_length_views(
                scratch.words(0, count: part), part, offset, data.count, views + done)
            guard end >= 0 else { throw Defect("a byte array goes past the end of the page") }
            offset = end
            done += part
        }
        return offset - start
    }
}
