import Bytes
import CZstd

/// Zstandard frames, one after another, by libzstd; the context is made once and used for every page.
///
/// - Spec: RFC 8878.
@safe struct Zstd: ~Copyable {
    private var context: OpaquePointer?

    deinit { unsafe ZSTD_freeDCtx(context) }

    /// `ZSTD_decompressDCtx`, which needs no window because all of the output is one piece.
    mutating func decompress(_ source: Slice, into target: Slice) throws(Defect) {
        if unsafe context == nil { unsafe context = ZSTD_createDCtx() }
        let result = unsafe ZSTD_decompressDCtx(context, target.base, target.count, source.base, source.count)
        guard ZSTD_isError(result) == 0 else { throw Defect("the zstd frame is damaged") }
        guard result == target.count else { throw Defect("the zstd frame and the page header differ in length") }
    }
}
