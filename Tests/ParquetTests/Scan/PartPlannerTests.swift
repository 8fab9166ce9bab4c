import Bytes
import Testing

@testable import Parquet

@Suite("Parts of a scan")
struct PartPlannerTests {
    private static let options: ScanOptions = {
        var options = ScanOptions()
        (options.firstPartByteCount, options.partByteCount, options.mergeGapByteCount) = (100, 1000, 10)
        return options
    }()

    /// Plans row groups of one or more chunks, each given by where it begins and ends.
    private func plan(_ groups: [[Range<UInt64>?]]) -> (planner: PartPlanner, pieces: [[[ScanPlan.Piece]]]) {
        var planner = PartPlanner(options: Self.options)
        let pieces = groups.map { chunks in
            planner.add(
                chunks.map { $0.map { ByteRange(offset: $0.lowerBound, count: $0.upperBound - $0.lowerBound) } })
        }
        return (planner, pieces)
    }

    private func parts(_ groups: [[Range<UInt64>?]]) -> [Range<UInt64>] {
        plan(groups).planner.parts.map { $0.offset..<$0.end }
    }

    @Test func nearChunksAreOnePart() {
        #expect(parts([[0..<300, 310..<600]]) == [0..<600])
        #expect(parts([[0..<300, 311..<600]]) == [0..<300, 311..<600])
        #expect(parts([[0..<300, 300..<1001]]) == [0..<300, 300..<1001])
    }

    @Test func aLargeChunkIsCut() {
        #expect(parts([[0..<2500]]) == [0..<100, 100..<1100, 1100..<2100, 2100..<2500])
        // Rather a part that is a little larger than a tiny last one.
        #expect(parts([[0..<2300]]) == [0..<100, 100..<1100, 1100..<2300])
    }

    @Test func partsStandInTheOrderOfTheirRows() {
        let found = parts([[0..<300], [300..<2300, 2300..<4300]])
        #expect(found == [0..<300, 300..<1300, 2300..<3300, 1300..<2300, 3300..<4300])
    }

    @Test func smallRowGroupsAreFetchedTogether() {
        let groups = stride(from: UInt64(0), to: 2700, by: 300).map { start -> [Range<UInt64>?] in
            [start..<start + 200, start + 200..<start + 300]
        }
        let (planner, pieces) = plan(groups)
        // The first one comes alone, so that decoding starts early.
        #expect(planner.parts.map { $0.offset..<$0.end } == [0..<300, 300..<1200, 1200..<2100, 2100..<2700])
        #expect(planner.userCounts == [2, 6, 6, 4])
        for (group, chunks) in zip(groups, pieces) {
            for (range, pieces) in zip(group, chunks) {
                #expect(pieces.count == 1)
                let part = planner.parts[pieces[0].part]
                #expect(part.offset + UInt64(pieces[0].partOffset) == range?.lowerBound)
                #expect(pieces[0].chunkOffset == 0)
                #expect(UInt64(pieces[0].count) == range.map { $0.upperBound - $0.lowerBound })
            }
        }
    }

    @Test func theFirstRowGroupHasSmallerPartsThanLargeOnes() {
        var options = Self.options
        options.openingPartByteCount = 500
        var planner = PartPlanner(options: options)
        for start: UInt64 in [0, 2000] {
            _ = planner.add([
                ByteRange(offset: start, count: 400), ByteRange(offset: start + 400, count: 400),
                ByteRange(offset: start + 800, count: 1200),
            ])
        }
        #expect(
            planner.parts.map { $0.offset..<$0.end } == [
                0..<400, 400..<800, 800..<900, 900..<1400, 1400..<2000, 2000..<2800, 2800..<4000,
            ])
    }

    @Test func tinyRowGroupsJoinTheFirst() {
        #expect(parts([[0..<40], [40..<80], [80..<120], [120..<160]]) == [0..<80, 80..<160])
    }

    @Test func onlyWholeNearLaterRowGroupsJoin() {
        // Far off; before it; a group of several parts, and one behind that.
        #expect(parts([[0..<90], [200..<300], [311..<400]]) == [0..<90, 200..<300, 311..<400])
        #expect(parts([[900..<990], [500..<600], [300..<400]]) == [900..<990, 500..<600, 300..<400])
        #expect(parts([[0..<90], [100..<200, 300..<400], [400..<500]]) == [0..<90, 100..<200, 300..<400, 400..<500])
    }

    @Test func groupsWithoutPagesChangeNothing() {
        #expect(parts([[nil], [0..<90], [nil, 90..<90], [90..<100]]) == [0..<100])
    }
}
