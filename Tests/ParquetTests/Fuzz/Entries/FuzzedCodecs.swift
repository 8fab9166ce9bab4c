import Bytes
import ParquetFixtures

@testable import Parquet

/// Each codec by itself.
///
/// - Shape: two bytes of what the page header promises, then the compressed bytes.
enum FuzzedCodecs {
    static let entries = [
        entry("snappy", .snappy), entry("gzip", .gzip), entry("brotli", .brotli), entry("lz4", .legacyLz4),
        entry("zstd", .zstd), entry("lz4-raw", .lz4Raw),
    ]

    private static func entry(_ name: String, _ codec: Codec) -> FuzzEntry {
        FuzzEntry(
            name: name,
            seeds: {
                [0, 1, 100].map { count in
                    let bytes = [UInt8](0..<UInt8(count))
                    return [UInt8(count), 0] + Encoded.stored(bytes, codec: number(codec))
                }
            },
            run: { run($0, codec) })
    }

    private static func number(_ codec: Codec) -> Int32 {
        switch codec {
        case .uncompressed: 0
        case .snappy: 1
        case .gzip: 2
        case .brotli: 4
        case .legacyLz4: 5
        case .zstd: 6
        case .lz4Raw: 7
        }
    }

    /// Twice: what a codec keeps must not change the outcome.
    private static func run(_ bytes: [UInt8], _ codec: Codec) {
        var input = FuzzInput(bytes)
        let count = Int(input.byte()) | Int(input.byte()) << 8
        let source = Slice(copying: input.rest())
        var decompressor = Decompressor()
        let outcomes = (0..<2).map { _ in
            let target = Slice(Block.allocate(capacity: count), offset: 0, count: count)
            do throws(Defect) {
                try decompressor.decompress(source, codec: codec, into: target)
            } catch { return nil as [UInt8]? }
            return target.copiedBytes()
        }
        precondition(outcomes[0] == outcomes[1])
    }
}
