import Bytes
import CCompression
import CKernels
import Measuring
import Samples

/// What does it cost to decompress a page, a byte of it? Texts, amounts and dictionary indices compress unlike each other.
func codecs(_ scale: Scale) -> [Question] {
    var numbers = SeededNumbers(seed: 9)
    let count = scale.count(32 << 10)
    let indices = (0..<count * 8).map { _ in numbers.next() % (numbers.next() % 1000 + 1) }
    let pages = [
        ("texts", Encodings.plain(numbers.texts(count, words: 1...6))),
        ("amounts", Encodings.plain(numbers.numbers(count * 4, below: 10_000_000), byteWidth: 8)),
        ("indices", Encodings.indices(indices, width: 10)),
    ]
    let context = ZSTD_createDCtx()
    let inflater = libdeflate_alloc_decompressor()
    return Compression.allCases.filter { $0 != .none }.flatMap { codec in
        pages.map { kind, page in
            let source = Slice(copying: codec.compress(page))
            let output = Slice.fresh(page.count)
            return Question("\(codec) \(kind)", valueCount: page.count, outputByteCount: page.count) {
                switch codec {
                case .none: break
                case .snappy: _ = ck_snappy_decompress(source.octets, source.count, output.octets, output.count)
                case .zstd: ZSTD_decompressDCtx(context, output.base, output.count, source.base, source.count)
                case .gzip:
                    libdeflate_gzip_decompress(inflater, source.base, source.count, output.base, output.count, nil)
                case .brotli:
                    var written = output.count
                    BrotliDecoderDecompress(source.count, source.octets, &written, output.octets)
                case .lz4:
                    let input = source.base.assumingMemoryBound(to: CChar.self)
                    let target = output.base.assumingMemoryBound(to: CChar.self)
                    LZ4_decompress_safe(input, target, Int32(source.count), Int32(output.count))
                }
            } check: {
                precondition(output.copiedBytes() == page, "\(codec) makes other \(kind)")
                var fold = Fold()
                page.withUnsafeBytes { fold.add($0) }
                return fold.value
            }
        }
    }
}
