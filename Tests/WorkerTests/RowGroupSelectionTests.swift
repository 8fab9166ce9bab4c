import Randomness
import ParquetFixtures
import Testing

@testable import Parquet
@testable import Worker

@Suite("Row group selection")
struct RowGroupSelectionTests {
    typealias Place = RowGroupSelection.RowGroupPlace

    /// Three row groups of 100, 200 and 300 bytes.
    private func groups(fileOffsets: [Int64]) -> [Place] {
        zip(fileOffsets, [100, 200, 300] as [Int64]).map { Place(fileOffset: $0, compressedByteCount: $1) }
    }

    private func select(
        _ groups: [Place], rows: (Int?, Int?) = (nil, nil), bytes: (UInt64?, UInt64?) = (nil, nil)
    ) -> [Int] {
        RowGroupSelection.indices(
            of: groups, rowGroupStart: rows.0, rowGroupEnd: rows.1, startByte: bytes.0, endByte: bytes.1)
    }

    // MARK: Row group range

    static let rowRanges: [(Int?, Int?, [Int])] = [
        (nil, nil, [0, 1, 2]), (0, nil, [0, 1, 2]), (1, nil, [1, 2]), (2, nil, [2]), (nil, 1, [0]), (nil, 2, [0, 1]),
        (1, 2, [1]), (0, 99, [0, 1, 2]), (2, 4_294_967_295, [2]),
        // Nothing in the range: it is ignored.
        (3, nil, [0, 1, 2]), (4_294_967_295, nil, [0, 1, 2]), (nil, 0, [0, 1, 2]), (1, 1, [0, 1, 2]),
        (2, 1, [0, 1, 2]), (5, 9, [0, 1, 2]),
    ]

    @Test(arguments: rowRanges.indices)
    func rowGroupRange(_ index: Int) {
        let (start, end, expected) = Self.rowRanges[index]
        #expect(select(groups(fileOffsets: [0, 0, 0]), rows: (start, end)) == expected)
    }

    // MARK: Byte range

    /// Without `file_offset` the groups begin at 0, 100 and 300, whatever stands before them in the file.
    static let byteRanges: [(UInt64?, UInt64?, [Int])] = [
        (0, 600, [0, 1, 2]), (0, 1, [0]), (0, 100, [0]), (0, 101, [0, 1]), (1, 100, []), (1, 101, [1]), (100, 300, [1]),
        (100, 301, [1, 2]), (101, 300, []), (300, 301, [2]), (301, .max, []), (0, .max, [0, 1, 2]),
        // A bound alone, or bounds that hold nothing, restrict nothing.
        (nil, 1, [0, 1, 2]), (300, nil, [0, 1, 2]), (5, 5, [0, 1, 2]), (0, 0, [0, 1, 2]), (9, 8, [0, 1, 2]),
    ]

    @Test(arguments: byteRanges.indices)
    func byteRangeOverRunningSums(_ index: Int) {
        let (start, end, expected) = Self.byteRanges[index]
        #expect(select(groups(fileOffsets: [0, 0, 0]), bytes: (start, end)) == expected)
    }

    @Test func aFileOffsetCounts() {
        let groups = groups(fileOffsets: [4, 104, 304])
        #expect(select(groups, bytes: (0, 4)) == [])
        #expect(select(groups, bytes: (0, 5)) == [0])
        #expect(select(groups, bytes: (4, 104)) == [0])
        #expect(select(groups, bytes: (104, 304)) == [1])
        #expect(select(groups, bytes: (304, 305)) == [2])
    }

    @Test func theRunningSumAdvancesAlsoPastGroupsWithAnOffset() {
        // The second group stands at 5000, the third has no offset: it is at 100 + 200.
        let groups = groups(fileOffsets: [0, 5000, 0])
        #expect(select(groups, bytes: (0, 1)) == [0])
        #expect(select(groups, bytes: (100, 101)) == [])
        #expect(select(groups, bytes: (5000, 5001)) == [1])
        #expect(select(groups, bytes: (300, 301)) == [2])
    }

    @Test func aNegativeFileOffsetIsNone() {
        #expect(select(groups(fileOffsets: [-7, -1, .min]), bytes: (100, 301)) == [1, 2])
    }

    @Test func theOrderIsThatOfTheFileEvenIfOffsetsGoBackwards() {
        #expect(select(groups(fileOffsets: [900, 500, 4]), bytes: (0, 901)) == [0, 1, 2])
        #expect(select(groups(fileOffsets: [900, 500, 4]), bytes: (0, 501)) == [1, 2])
    }

    @Test func anEmptySelectionStaysEmpty() {
        // The sliver behind the last group's first byte, the footer above all, holds no group.
        #expect(select(groups(fileOffsets: [4, 104, 304]), bytes: (305, 10_000)) == [])
        #expect(select(groups(fileOffsets: [4, 104, 304]), rows: (0, 1), bytes: (104, 305)) == [])
    }

    @Test func bothRangesMeet() {
        let groups = groups(fileOffsets: [4, 104, 304])
        #expect(select(groups, rows: (1, nil), bytes: (0, 304)) == [1])
        #expect(select(groups, rows: (nil, 2), bytes: (104, 1000)) == [1])
        // A row group range that holds nothing is ignored; the byte range is not.
        #expect(select(groups, rows: (7, nil), bytes: (104, 304)) == [1])
        #expect(select(groups, rows: (1, 2), bytes: (9, 9)) == [1])
    }

    @Test func aFileWithoutRowGroupsGivesNone() {
        #expect(select([]) == [])
        #expect(select([], rows: (0, 5)) == [])
        #expect(select([], bytes: (0, 5)) == [])
    }

    @Test func impossibleSizesDoNotTrap() {
        let huge = Array(repeating: Place(fileOffset: 0, compressedByteCount: .max), count: 5)
        _ = select(huge, bytes: (0, .max))
        let negative = Array(repeating: Place(fileOffset: 0, compressedByteCount: .min), count: 5)
        _ = select(negative, bytes: (0, .max))
        _ = select(huge, rows: (.max, .max), bytes: (.max - 1, .max))
    }

    // MARK: Tiling

    /// However a file is cut into byte ranges that touch, every row group belongs to one of them.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func tilesCoverEachRowGroupOnce(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var end: Int64 = 4
        let groups = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
            let byteCount = Int64.random(in: 0..<5000, using: &random)
            let gap = Int64.random(in: 0..<3, using: &random)
            defer { end += byteCount + gap }
            return Place(
                fileOffset: Bool.random(using: &random) ? end : Int64.random(in: -1...0, using: &random),
                compressedByteCount: byteCount)
        }
        let fileByteCount = UInt64(end) + UInt64.random(in: 8..<500, using: &random)
        for _ in 0..<20 {
            let cuts = (0..<Int.random(in: 0..<30, using: &random)).map { _ in
                UInt64.random(in: 1..<fileByteCount, using: &random)
            }
            let bounds = Set([0, fileByteCount] + cuts).sorted()
            let owned = zip(bounds, bounds.dropFirst()).flatMap { select(groups, bytes: ($0, $1)) }
            #expect(owned.sorted() == Array(groups.indices), "seed \(seed), bounds \(bounds)")
        }
    }

    // MARK: Out of a file

    private func task(_ values: [String: String]) throws -> ScanTask {
        try ScanTask(ticket: Ticket.seed.setting(values).bytes)
    }

    /// Two columns, so that the size of a group is seen to be the sum over its chunks.
    private func metadata(fileOffset: ((Int) -> Int64)?) throws -> (FileMetadata, groupByteCount: Int64) {
        let page = FileBuilder.page1(Encoded.int32([1, 2, 3]), valueCount: 3)
        var file = FileBuilder(
            columns: [FileBuilder.Column(name: "x"), FileBuilder.Column(name: "y")],
            rowGroups: Array(repeating: (3, [[page], [page]]), count: 4))
        file.fileOffset = fileOffset
        return (try FileFixture.metadata(of: file), Int64(2 * page.bytes.count))
    }

    @Test func sizesAreSumsOverTheChunks() throws {
        let (metadata, byteCount) = try metadata { _ in 0 }
        for group in 0..<4 {
            let start = Int64(group) * byteCount
            let task = try task(["start_byte": "\(start)", "end_byte": "\(start + 1)"])
            #expect(RowGroupSelection.rowGroups(of: task, in: metadata) == [group])
            let next = try self.task(["start_byte": "\(start + 1)", "end_byte": "\(start + byteCount)"])
            #expect(RowGroupSelection.rowGroups(of: next, in: metadata) == [])
        }
    }

    @Test func theFirstChunksFileOffsetIsTheGroupsPlace() throws {
        let (metadata, _) = try metadata { 10_000 * (Int64($0) + 1) }
        let task = try task(["start_byte": "20000", "end_byte": "30001"])
        #expect(RowGroupSelection.rowGroups(of: task, in: metadata) == [1, 2])
        #expect(RowGroupSelection.rowGroups(of: try self.task(["row_group_start": "3"]), in: metadata) == [3])
    }
}
