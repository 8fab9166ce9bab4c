import Bytes
import CLz4

/// The LZ4 block format, by liblz4: all of LZ4_RAW, and the inside of other framings.
///
/// - Spec: Parquet's Compression.md, LZ4_RAW.
enum Lz4Block {
    /// Fills `target` exactly.
    static func decompress(_ source: Slice, into target: Slice) throws(Defect) {
        guard let count = decompressedCount(source, into: target) else { throw Defect("the LZ4 block is damaged") }
        guard count == target.count else { throw Defect("the LZ4 block and the page header differ in length") }
    }

    /// `LZ4_decompress_safe`: the bytes that the block makes, or nil when it is damaged or makes more than `target` has.
    static func decompressedCount(_ source: Slice, into target: Slice) -> Int? {
        guard let sourceCount = Int32(exactly: source.count), let targetCount = Int32(exactly: target.count) else {
            return nil
        }
        let input = unsafe UnsafePointer<CChar>(source.base.assumingMemoryBound(to: CChar.self))
        let output = unsafe target.base.assumingMemoryBound(to: CChar.self)
        let count = unsafe LZ4_decompress_safe(input, output, sourceCount, targetCount)
        return count >= 0 ? Int(count) : nil
    }
}
