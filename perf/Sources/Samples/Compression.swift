import CCompression

/// A page's codec, by its number in the specification, and how to make such pages.
public enum Compression: Int, CaseIterable, Sendable {
    case none = 0
    case snappy = 1
    case gzip = 2
    case brotli = 4
    case zstd = 6
    case lz4 = 7

    /// At the level that writers use unless told otherwise.
    public func compress(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .none: bytes
        case .snappy: SnappyWriter.compress(bytes)
        case .gzip:
            filled(libdeflate_gzip_compress_bound(nil, bytes.count)) { target in
                let compressor = libdeflate_alloc_compressor(6)
                defer { libdeflate_free_compressor(compressor) }
                return libdeflate_gzip_compress(compressor, bytes, bytes.count, target.baseAddress, target.count)
            }
        case .brotli:
            filled(BrotliEncoderMaxCompressedSize(bytes.count)) { target in
                var count = target.count
                let outcome = BrotliEncoderCompress(
                    5, 22, BROTLI_MODE_GENERIC, bytes.count, bytes, &count, target.baseAddress)
                precondition(outcome != 0)
                return count
            }
        case .zstd:
            filled(ZSTD_compressBound(bytes.count)) { ZSTD_compress($0.baseAddress, $0.count, bytes, bytes.count, 1) }
        case .lz4:
            bytes.withUnsafeBytes { source in
                filled(Int(LZ4_compressBound(Int32(bytes.count)))) { target in
                    Int(
                        LZ4_compress_default(
                            source.bindMemory(to: CChar.self).baseAddress,
                            UnsafeMutableRawPointer(target.baseAddress!).assumingMemoryBound(to: CChar.self),
                            Int32(source.count), Int32(target.count)))
                }
            }
        }
    }

    private func filled(_ bound: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            count = fill(target)
            precondition(count > 0)
        }
    }
}
