import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("Metadata memory")
struct MetadataMemoryTests {
    private static func metadata(
        groupCount: Int, columnCount: Int, readsStatistics: Bool = false,
        name: String = "a column's name of some length"
    ) throws -> FileMetadata {
        let columns = (0..<columnCount).map { FileBuilder.Column(name: "\(name) \($0)") }
        var builder = FileBuilder(columns: columns)
        builder.rowGroups = Array(repeating: (1, Array(repeating: [], count: columnCount)), count: groupCount)
        builder.spoilChunk = { data in
            data.structure(12) { statistics in
                statistics.int64(3, 0)
                statistics.string(5, "a maximum of twenty b")
                statistics.string(6, "a minimum of twenty b")
            }
        }
        let bytes = builder.bytes()
        let range = try Footer.metadataRange(
            tail: bytes.rawSpan.extracting(last: 8), objectByteCount: UInt64(bytes.count))
        return try FileMetadata(
            parsing: bytes.rawSpan.extracting(Int(range.offset)..<Int(range.end)), objectByteCount: UInt64(bytes.count),
            readsStatistics: readsStatistics)
    }

    /// Every part that can be large is counted.
    @Test func theEstimateCountsWhatThereIs() throws {
        let small = try Self.metadata(groupCount: 2, columnCount: 3).memoryByteCount
        #expect(small < 10_000)
        let chunk = MemoryLayout<ColumnChunk>.stride
        let large = try Self.metadata(groupCount: 100, columnCount: 50).memoryByteCount
        #expect((100 * 50 * chunk..<110 * 55 * chunk).contains(large))
        let named = try Self.metadata(groupCount: 2, columnCount: 3, name: String(repeating: "x", count: 10_000))
        #expect(named.memoryByteCount - small > 29_000)
        let informed = try Self.metadata(groupCount: 100, columnCount: 50, readsStatistics: true).memoryByteCount
        // Two bounds of 21 bytes for each chunk.
        #expect(informed - large > 100 * 50 * 2 * (21 + 32))
    }
}
