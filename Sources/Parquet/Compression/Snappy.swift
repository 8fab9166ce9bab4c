import Bytes
import CKernels

/// The snappy block format, by a kernel of our own.
///
/// - Spec: snappy's format_description.txt.
enum Snappy {
    static func decompress(_ source: Slice, into target: Slice) throws(Defect) {
        guard unsafe ck_snappy_decompress(source.address, source.count, target.address, target.count) else {
            throw Defect("the snappy block is damaged, or differs from the page header in length")
        }
    }
}
