import Bytes
import CLz4
import CZstd

/// Undoes what ``BodyCompressor`` does, for buffers that came from outside.
///
/// - Spec: Arrow `Message.fbs`, `BodyCompression`.
enum BodyDecompression {
    /// Longest accepted buffer: the length comes first, before anything proves it.
    static let bufferByteLimit = 256 << 20
    /// What the buffers of one body may have together: few bytes may stand for many.
    static let bodyByteLimit = 1 << 30
    private static let prefixByteCount = 8
    private static let storedAsIs: Int64 = -1

    /// The bytes of one buffer; nil when they are not what the prefix promises, or more than `byteLimit`.
    ///
    /// - Cost: a block of the promised size, unless the bytes were stored as they are.
    static func decompress(_ buffer: Slice, _ codec: BodyCodec, byteLimit: Int = bufferByteLimit) -> Slice? {
        guard buffer.count > 0 else { return buffer }
        var reader = ByteReader(buffer.bytes)
        guard let promised = try? reader.readInteger(Int64.self) else { return nil }
        let source = buffer.extracting(prefixByteCount..<buffer.count)
        guard promised != storedAsIs else { return source }
        guard (0...Int64(min(byteLimit, bufferByteLimit))).contains(promised) else { return nil }
        let target = Block.allocate(capacity: max(Int(promised), 1)).slice(0, count: Int(promised))
        let count: Int?
        switch codec {
        case .zstd:
            let result = unsafe ZSTD_decompress(target.base, target.count, source.base, source.count)
            count = ZSTD_isError(result) == 0 ? result : nil
        case .lz4Frame: count = decompressFrame(source, into: target)
        }
        return count == target.count ? target : nil
    }

    /// `LZ4F_decompress` of one whole frame.
    private static func decompressFrame(_ source: Slice, into target: Slice) -> Int? {
        var context: OpaquePointer?
        guard LZ4F_isError(unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0 else {
            preconditionFailure("out of memory")
        }
        defer { unsafe LZ4F_freeDecompressionContext(context) }
        var read = 0
        var written = 0
        while true {
            var sourceCount = source.count - read
            var targetCount = target.count - written
            let hint = unsafe LZ4F_decompress(
                context, target.base + written, &targetCount, source.base + read, &sourceCount, nil)
            guard LZ4F_isError(hint) == 0 else { return nil }
            read += sourceCount
            written += targetCount
            if hint == 0 { return read == source.count ? written : nil }
            // Neither input nor room is left, and the frame still wants some.
            if sourceCount == 0, targetCount == 0 { return nil }
        }
    }
}
