import Bytes

/// LZ4 blocks as Hadoop's codec writes them.
///
/// - Shape: repeated: a big-endian 32-bit uncompressed size, then blocks until they have made as many bytes, each behind
///   its big-endian 32-bit compressed size. Most writers put one block behind each uncompressed size; Hadoop's own
///   `BlockCompressorStream` cuts large input into several, and may end with an uncompressed size of 0 and no block.
enum Lz4Hadoop {
    /// Whether the blocks fill `target` exactly.
    static func fill(_ target: Slice, from source: Slice) -> Bool {
        var read = 0
        var written = 0
        while read < source.count {
            guard let groupCount = size(source, &read), groupCount <= target.count - written else { return false }
            let groupEnd = written + groupCount
            if groupCount == 0, read == source.count { break }
            repeat {
                guard let blockCount = size(source, &read), blockCount <= source.count - read else { return false }
                let block = source.extracting(read..<read + blockCount)
                guard let count = Lz4Block.decompressedCount(block, into: target.extracting(written..<groupEnd)) else {
                    return false
                }
                read += blockCount
                written += count
            } while written < groupEnd
        }
        return written == target.count
    }

    /// The size at `read`, which moves behind it; nil where the bytes end.
    private static func size(_ source: Slice, _ read: inout Int) -> Int? {
        guard read <= source.count - 4 else { return nil }
        let value = unsafe source.bytes.unsafeLoadUnaligned(fromByteOffset: read, as: UInt32.self)
        read += 4
        return Int(UInt32(bigEndian: value))
    }
}
