import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("Page index, statistics and bloom filter heads")
struct PageIndexTests {
    // A span cannot go through the macros.
    private static func isOffsetIndex(_ bytes: [UInt8]) -> Bool { OffsetIndex(parsing: bytes.rawSpan) != nil }
    private static func isColumnIndex(_ bytes: [UInt8]) -> Bool { ColumnIndex(parsing: bytes.rawSpan) != nil }
    private static func isBloomFilterHeader(_ bytes: [UInt8]) -> Bool {
        BloomFilterHeader(parsing: bytes.rawSpan) != nil
    }

    private static func location(_ writer: inout ThriftWriter, _ offset: Int64, _ byteCount: Int32, _ row: Int64) {
        writer.int64(1, offset)
        writer.int32(2, byteCount)
        writer.int64(3, row)
    }

    private static func offsetIndex(_ pages: [(Int64, Int32, Int64)]) -> [UInt8] {
        ThriftWriter.structure { index in
            index.structures(1, pages) { writer, page in location(&writer, page.0, page.1, page.2) }
        }
    }

    @Test func offsetIndexesNamePagesAndTheirFirstRows() throws {
        let parsed = OffsetIndex(parsing: Self.offsetIndex([(4, 100, 0), (104, 50, 10)]).rawSpan)
        let index = try #require(parsed)
        #expect(index.pages.map(\.offset) == [4, 104])
        #expect(index.pages.map(\.byteCount) == [100, 50])
        #expect(index.pages.map(\.firstRow) == [0, 10])
    }

    @Test(
        arguments: [
            // Overlapping, rows that do not rise, a first row that is not 0, an empty page, the end of 64 bits.
            [(4, 100, 0), (50, 50, 10)], [(4, 100, 0), (104, 50, 0)], [(4, 100, 1)], [(4, 0, 0)],
            [(Int64.max, Int32.max, 0)], [(-1, 5, 0)],
        ] as [[(Int64, Int32, Int64)]])
    func offsetIndexesThatContradictThemselvesAreNone(_ pages: [(Int64, Int32, Int64)]) {
        #expect(!Self.isOffsetIndex(Self.offsetIndex(pages)))
    }

    /// Two pages: null_pages [false, true], min_values ["a", ""], max_values ["b", ""], ascending, null_counts [1, 2].
    static let columnIndex: [UInt8] = [
        0x19, 0x22, 0x02, 0x01, 0x19, 0x28, 0x01, 0x61, 0x00, 0x19, 0x28, 0x01, 0x62, 0x00, 0x15, 0x02, 0x19, 0x26,
        0x02,
        0x04, 0x00,
    ]

    @Test func columnIndexesBoundPages() throws {
        let parsed = ColumnIndex(parsing: Self.columnIndex.rawSpan)
        let index = try #require(parsed)
        #expect(index.nullPages == [false, true])
        #expect(index.minimums == [[0x61], []])
        #expect(index.maximums == [[0x62], []])
        #expect(index.boundaryOrder == .ascending)
        #expect(index.nullCounts == [1, 2])
    }

    @Test func cutIndexesAreNone() {
        for count in 0..<Self.columnIndex.count {
            #expect(!Self.isColumnIndex(Array(Self.columnIndex[..<count])))
        }
        let offsets = Self.offsetIndex([(4, 100, 0)])
        for count in 0..<offsets.count { #expect(!Self.isOffsetIndex(Array(offsets[..<count]))) }
    }

    @Test func bloomFiltersOfTheOneKnownKindAreRead() throws {
        func header(_ byteCount: Int32, algorithm: Int16 = 1) -> [UInt8] {
            ThriftWriter.structure { writer in
                writer.int32(1, byteCount)
                for field in Int16(2)...4 {
                    writer.structure(field) { $0.structure(field == 2 ? algorithm : 1) { _ in } }
                }
            }
        }
        let header1 = header(64)
        let parsed = BloomFilterHeader(parsing: (header1 + [1, 2, 3]).rawSpan)
        let read = try #require(parsed)
        #expect(read.bitsByteCount == 64)
        #expect(read.byteCount == header1.count)
        #expect(!Self.isBloomFilterHeader(header(63)))
        #expect(!Self.isBloomFilterHeader(header(-32)))
        #expect(!Self.isBloomFilterHeader(header(64, algorithm: 2)))
    }

    /// A file whose one chunk has an index, a bloom filter and statistics, good or bad.
    private func chunk(_ spoil: @escaping (inout ThriftWriter) -> Void, readsStatistics: Bool) throws -> ColumnChunk {
        var file = FileBuilder(
            columns: [FileBuilder.Column()],
            rowGroups: [(1, [[FileBuilder.page1(Encoded.int32([1]), valueCount: 1)]])])
        file.spoilChunk = spoil
        let bytes = file.bytes()
        let range = try Footer.metadataRange(
            tail: bytes.rawSpan.extracting(last: 8), objectByteCount: UInt64(bytes.count))
        let metadata = try FileMetadata(
            parsing: bytes.rawSpan.extracting(Int(range.offset)..<Int(range.end)), objectByteCount: range.end + 8,
            readsStatistics: readsStatistics)
        return metadata.rowGroups[0].columns[0]
    }

    @Test func statisticsAreReadOnlyWhenWanted() throws {
        func add(_ metadata: inout ThriftWriter) {
            metadata.structure(12) { statistics in
                statistics.int64(3, 7)
                statistics.string(5, "max")
                statistics.string(6, "min")
                statistics.boolean(7, false)
            }
            metadata.int64(14, 1000)
            metadata.int32(15, 48)
            metadata.structure(16) { $0.int64(1, 99) }
        }
        let wanted = try chunk(add, readsStatistics: true)
        #expect(wanted.statistics?.nullCount == 7)
        #expect(wanted.statistics?.maximum == Statistics.Bound(bytes: Array("max".utf8), isExact: false))
        #expect(wanted.statistics?.minimum == Statistics.Bound(bytes: Array("min".utf8), isExact: nil))
        #expect(wanted.sizeStatistics?.byteArrayByteCount == 99)
        #expect(wanted.bloomFilterOffset == 1000)
        #expect(wanted.bloomFilterByteCount == 48)
        #expect(try chunk(add, readsStatistics: false).statistics == nil)
    }

    @Test func laterFieldsOfAnotherTypeArePassedOver() throws {
        let chunk = try chunk(
            { metadata in
                metadata.string(12, "no statistics")
                metadata.string(14, "no offset")
                metadata.structure(15) { $0.int32(1, 1) }
            }, readsStatistics: true)
        #expect(chunk.statistics == nil)
        #expect(chunk.bloomFilterOffset == nil)
    }
}
