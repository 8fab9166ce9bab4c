import Bytes
import CSnappy

/// The snappy block format, by libsnappy.
enum Snappy {
    /// `snappy_uncompress`, after the length that the block states was compared with that of the page header.
    static func decompress(_ source: Slice, into target: Slice) throws(Defect) {
        let input = unsafe UnsafePointer<CChar>(source.base.assumingMemoryBound(to: CChar.self))
        var byteCount = 0
        guard unsafe snappy_uncompressed_length(input, source.count, &byteCount) == SNAPPY_OK else {
            throw Defect("the snappy block has no length")
        }
        guard byteCount == target.count else { throw Defect("the snappy block and the page header differ in length") }
        let output = unsafe target.base.assumingMemoryBound(to: CChar.self)
        guard unsafe snappy_uncompress(input, source.count, output, &byteCount) == SNAPPY_OK,
            byteCount == target.count
        else { throw Defect("the snappy block is damaged") }
    }
}
