import Bytes
import CDeflate

/// GZIP members, by libdeflate; the decompressor is made once and used for every page.
///
/// - Spec: RFC 1952, section 2.2: one member after another, with nothing between or behind them. Padding is refused too,
///   as other readers do.
@safe struct Gzip: ~Copyable {
    private var decompressor: OpaquePointer?

    deinit { unsafe libdeflate_free_decompressor(decompressor) }

    /// `libdeflate_gzip_decompress_ex`, which says where a member ends, once per member.
    mutating func decompress(_ source: Slice, into target: Slice) throws(Defect) {
        if unsafe decompressor == nil { unsafe decompressor = libdeflate_alloc_decompressor() }
        guard let decompressor = unsafe decompressor else { preconditionFailure("out of memory") }
        var read = 0
        var written = 0
        while read < source.count {
            var readByMember = 0
            var writtenByMember = 0
            let result = unsafe libdeflate_gzip_decompress_ex(
                decompressor, source.base + read, source.count - read, target.base + written, target.count - written,
                &readByMember, &writtenByMember)
            guard result != LIBDEFLATE_INSUFFICIENT_SPACE else { throw Self.otherLength }
            guard result == LIBDEFLATE_SUCCESS else { throw Defect("the gzip member is damaged") }
            read += readByMember
            written += writtenByMember
        }
        guard written == target.count else { throw Self.otherLength }
    }

    private static let otherLength = Defect("the gzip members and the page header differ in length")
}
