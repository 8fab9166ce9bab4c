import Bytes
import CLz4

/// LZ4 frames, by liblz4; the context is made once and used for every page.
///
/// - Spec: the LZ4 frame format; frames may follow one another.
@safe struct Lz4Frame: ~Copyable {
    private var context: OpaquePointer?

    deinit { unsafe LZ4F_freeDecompressionContext(context) }

    /// `LZ4F_decompress`: whether whole frames fill `target` exactly.
    mutating func fill(_ target: Slice, from source: Slice) -> Bool {
        if unsafe context == nil {
            guard LZ4F_isError(unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0 else {
                preconditionFailure("out of memory")
            }
        }
        // A damaged page leaves the context in the middle of a frame.
        unsafe LZ4F_resetDecompressionContext(context)
        // What was written stays where it is, so blocks may refer to it in place.
        var options = LZ4F_decompressOptions_t()
        options.stableDst = 1
        var read = 0
        var written = 0
        while true {
            var sourceCount = source.count - read
            var targetCount = target.count - written
            let hint = unsafe LZ4F_decompress(
                context, target.base + written, &targetCount, source.base + read, &sourceCount, &options)
            guard LZ4F_isError(hint) == 0 else { return false }
            read += sourceCount
            written += targetCount
            if hint == 0, read == source.count { return written == target.count }
            // Neither input nor room is left, and the frame still wants some.
            if sourceCount == 0, targetCount == 0 { return false }
        }
    }
}
