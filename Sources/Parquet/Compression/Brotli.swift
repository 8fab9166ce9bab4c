import Bytes
import CBrotli

/// One Brotli stream, by libbrotlidec.
///
/// - Spec: RFC 7932.
/// - Cost: the library cannot start an instance anew, so each page allocates one: some kilobytes, and a window as large as
///   the page or as the stream says, at most 16 MiB.
enum Brotli {
    /// `BrotliDecoderDecompressStream` in one step. `BrotliDecoderDecompress` would do the same, but hides bytes behind
    /// the stream.
    static func decompress(_ source: Slice, into target: Slice) throws(Defect) {
        guard let decoder = unsafe BrotliDecoderCreateInstance(nil, nil, nil) else {
            preconditionFailure("out of memory")
        }
        defer { unsafe BrotliDecoderDestroyInstance(decoder) }
        var sourceCount = source.count
        var targetCount = target.count
        var input: UnsafePointer<UInt8>? = unsafe UnsafePointer(source.address)
        var output: UnsafeMutablePointer<UInt8>? = unsafe target.address
        let result = unsafe BrotliDecoderDecompressStream(
            decoder, &sourceCount, &input, &targetCount, &output, nil)
        switch result {
        case BROTLI_DECODER_RESULT_SUCCESS where sourceCount > 0: throw Defect("bytes follow the brotli stream")
        case BROTLI_DECODER_RESULT_SUCCESS where targetCount == 0: return
        case BROTLI_DECODER_RESULT_SUCCESS, BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
            throw Defect("the brotli stream and the page header differ in length")
        default: throw Defect("the brotli stream is damaged")
        }
    }
}
