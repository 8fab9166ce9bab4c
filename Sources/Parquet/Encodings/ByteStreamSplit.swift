import Bytes
import CKernels

/// Values whose first bytes lie together, then their second bytes, and so on.
///
/// - Spec: Parquet `Encodings.md`, "Byte Stream Split".
struct ByteStreamSplit {
    private let bytes: Slice
    private let byteWidth: Int
    private let count: Int
    private var next = 0

    /// - Parameter byteWidth: bytes of a value, at least 1.
    /// - Throws: when the streams differ in length.
    init(_ bytes: Slice, byteWidth: Int) throws(Defect) {
        precondition(byteWidth > 0)
        guard bytes.count % byteWidth == 0 else { throw Defect("streams of different lengths") }
        self.bytes = bytes
        self.byteWidth = byteWidth
        count = bytes.count / byteWidth
    }

    /// Puts the next `valueCount` values together at the front of `target`.
    mutating func decode(_ valueCount: Int, into target: Slice) throws(Defect) {
        guard valueCount <= count - next else { throw Defect.fewerValues }
        let output = unsafe target.address(0, wanted: valueCount * byteWidth)
        unsafe ck_byte_stream_split(bytes.address, count, byteWidth, next, valueCount, output)
        next += valueCount
    }
}
