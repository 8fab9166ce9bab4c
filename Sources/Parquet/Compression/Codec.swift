import Bytes

/// How the pages of a column chunk are compressed.
///
/// - Spec: parquet.thrift, enum `CompressionCodec`.
enum Codec: Sendable {
    case uncompressed, snappy, gzip, brotli, legacyLz4, zstd, lz4Raw

    /// - Throws: `.unsupported` for a codec without a file here, `.malformed` for a number without a name.
    init(rawValue: Int32, at place: ParquetError.Place) throws(ParquetError) {
        switch rawValue {
        case 0: self = .uncompressed
        case 1: self = .snappy
        case 2: self = .gzip
        case 3: throw .unsupported("codec LZO", at: place)
        case 4: self = .brotli
        case 5: self = .legacyLz4
        case 6: self = .zstd
        case 7: self = .lz4Raw
        default: throw .malformed("unknown codec \(rawValue)", at: place)
        }
    }
}

/// Decompresses pages; keeps what a codec wants to keep between them.
struct Decompressor: ~Copyable {
    private var gzip = Gzip()
    private var legacyLz4 = LegacyLz4()
    private var zstd = Zstd()

    /// Fills `target` exactly.
    ///
    /// - Throws: when `source` is damaged or makes more or fewer bytes than `target` has.
    mutating func decompress(_ source: Slice, codec: Codec, into target: Slice) throws(Defect) {
        switch codec {
        case .uncompressed: preconditionFailure("an uncompressed page is read in place")
        case .snappy: try Snappy.decompress(source, into: target)
        case .gzip: try gzip.decompress(source, into: target)
        case .brotli: try Brotli.decompress(source, into: target)
        case .legacyLz4: try legacyLz4.decompress(source, into: target)
        case .zstd: try zstd.decompress(source, into: target)
        case .lz4Raw: try Lz4Block.decompress(source, into: target)
        }
    }
}
