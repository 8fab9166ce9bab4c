import Bytes

/// How the pages of a column chunk are compressed.
///
/// - Spec: parquet.thrift, enum `CompressionCodec`.
enum Codec: Sendable {
    case uncompressed, snappy, zstd

    /// - Throws: `.unsupported` for a codec without a file here, `.malformed` for a number without a name.
    init(rawValue: Int32, at place: ParquetError.Place) throws(ParquetError) {
        switch rawValue {
        case 0: self = .uncompressed
        case 1: self = .snappy
        case 6: self = .zstd
        case 2...7: throw .unsupported("codec " + Self.names[Int(rawValue) - 2], at: place)
        default: throw .malformed("unknown codec \(rawValue)", at: place)
        }
    }

    private static let names = ["GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"]
}

/// Decompresses pages; keeps what a codec wants to keep between them.
struct Decompressor: ~Copyable {
    private var zstd = Zstd()

    /// Fills `target` exactly.
    ///
    /// - Throws: when `source` is damaged or makes more or fewer bytes than `target` has.
    mutating func decompress(_ source: Slice, codec: Codec, into target: Slice) throws(Defect) {
        switch codec {
        case .uncompressed: preconditionFailure("an uncompressed page is read in place")
        case .snappy: try Snappy.decompress(source, into: target)
        case .zstd: try zstd.decompress(source, into: target)
        }
    }
}
