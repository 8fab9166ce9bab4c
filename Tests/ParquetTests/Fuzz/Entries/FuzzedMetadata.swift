import Arrow
import Bytes
import ParquetFixtures

@testable import Parquet

/// What is read before any page: footer, file metadata, page headers, page indexes, stored schemas.
enum FuzzedMetadata {
    static let entries = [
        FuzzEntry(name: "footer", seeds: { SampleFiles.all.map { Array($0.suffix(20)) } }, run: footer),
        FuzzEntry(name: "file-metadata", seeds: { SampleFiles.all.map(metadataBytes) }, run: fileMetadata),
        FuzzEntry(name: "page-header", seeds: pageHeaderSeeds, run: pageHeader),
        FuzzEntry(name: "page-index", seeds: pageIndexSeeds, run: pageIndex),
        FuzzEntry(name: "stored-schema", seeds: storedSchemaSeeds, run: storedSchema),
    ]

    private static func footer(_ bytes: [UInt8]) {
        for size in [UInt64(bytes.count), 12, 1 << 40, .max] {
            _ = try? Footer.metadataRange(tail: bytes.rawSpan, objectByteCount: size)
        }
    }

    private static func metadataBytes(_ file: [UInt8]) -> [UInt8] {
        let size = file.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        return Array(file.dropLast(8).suffix(size))
    }

    /// Plans a scan of each column too, so that every type is looked at.
    private static func fileMetadata(_ bytes: [UInt8]) {
        guard
            let metadata = try? FileMetadata(
                parsing: bytes.rawSpan, objectByteCount: 1 << 30, readsStatistics: true)
        else { return }
        for keepsDictionaries in [false, true] {
            var options = ScanOptions()
            options.keepsDictionaries = keepsDictionaries
            let rowGroups = Array(metadata.rowGroups.indices.prefix(20))
            for column in metadata.columns.indices.prefix(50) {
                _ = try? ScanPlan(metadata: metadata, columns: [column], rowGroups: rowGroups, options: options)
            }
        }
    }

    private static func pageHeaderSeeds() -> [[UInt8]] {
        [
            FileBuilder.page1([], valueCount: 3, checksum: 7), FileBuilder.page2(levels: [], [], valueCount: 3),
            FileBuilder.dictionary([], valueCount: 3), FileBuilder.indexPage,
        ].map(\.bytes)
    }

    private static func pageHeader(_ bytes: [UInt8]) {
        if let header = try? PageHeader(parsing: bytes.rawSpan) { precondition(header.byteCount <= bytes.count) }
    }

    private static func pageIndexSeeds() -> [[UInt8]] {
        [
            // A column index of one page: not only nulls, 1 ... 2, ascending, no null.
            ThriftWriter.structure { index in
                index.head(1, 9)
                index.bytes += [0x11, 2]
                index.head(2, 9)
                index.bytes += [0x18, 1, 1]
                index.head(3, 9)
                index.bytes += [0x18, 1, 2]
                index.int32(4, 1)
                index.head(5, 9)
                index.bytes += [0x16, 0]
            },
            // An offset index of two pages.
            ThriftWriter.structure { index in
                index.structures(1, [0, 1] as [Int64]) { page, number in
                    page.int64(1, 4 + 100 * number)
                    page.int32(2, 100)
                    page.int64(3, 10 * number)
                }
            },
            // A bloom filter of one block: split blocks, xxHash, uncompressed.
            ThriftWriter.structure { filter in
                filter.int32(1, 32)
                for id: Int16 in 2...4 { filter.structure(id) { $0.structure(1) { _ in } } }
            },
        ]
    }

    private static func pageIndex(_ bytes: [UInt8]) {
        _ = ColumnIndex(parsing: bytes.rawSpan)
        _ = OffsetIndex(parsing: bytes.rawSpan)
        if let header = BloomFilterHeader(parsing: bytes.rawSpan) { precondition(header.byteCount <= bytes.count) }
    }

    private static func storedSchemaSeeds() -> [[UInt8]] {
        NestedSamples.all.compactMap { sample in
            sample.hint.map {
                StoredSchemaText.message([Field(name: sample.column.name, type: $0, isNullable: true)])
            }
        }
    }

    /// As a message, as a text, and as a hint to a column of each sample.
    private static func storedSchema(_ bytes: [UInt8]) {
        _ = try? MessageDecoder.schema(fromEncapsulated: bytes)
        _ = Base64.decode(String(decoding: bytes, as: UTF8.self))
        let pair = (StoredSchemaText.key, StoredSchemaText.base64(bytes))
        for sample in NestedSamples.all.prefix(7) {
            var file = FileBuilder(columns: [sample.column])
            file.keyValues = [pair]
            fileMetadata(metadataBytes(file.bytes()))
        }
    }
}
