import Bytes

/// LZ4 as it was before LZ4_RAW: the format never said which framing, so files have one of three.
///
/// - Spec: Parquet's Compression.md, LZ4 (deprecated).
struct LegacyLz4: ~Copyable {
    private var frame = Lz4Frame()

    /// Tries the framings in the order in which other readers do: each proves itself by filling `target` exactly.
    mutating func decompress(_ source: Slice, into target: Slice) throws(Defect) {
        if Lz4Hadoop.fill(target, from: source) { return }
        if frame.fill(target, from: source) { return }
        if Lz4Block.decompressedCount(source, into: target) == target.count { return }
        throw Defect("the LZ4 page has none of the three framings, or another length than the page header says")
    }
}
