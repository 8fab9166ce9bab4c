import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("Row selection")
struct RowSelectionTests {
    /// Two row groups of 100 rows: a required and an optional number, and a text.
    private static let file: [UInt8] = {
        let pages = (0..<2).map { group -> [[FileBuilder.Page]] in
            let numbers = (0..<100).map { Int32(group * 100 + $0) }
            let valid = numbers.map { $0 % 3 != 0 }
            let present = zip(numbers, valid).filter(\.1).map(\.0)
            return [
                stride(from: 0, to: 100, by: 25).map { start in
                    FileBuilder.page1(Encoded.int32(Array(numbers[start..<start + 25])), valueCount: 25)
                },
                [FileBuilder.page1(Encoded.levels(valid) + Encoded.int32(present), valueCount: 100)],
                [FileBuilder.page1(Encoded.strings(numbers.map { "row \($0)" }), valueCount: 100)],
            ]
        }
        return FileBuilder(
            columns: [
                FileBuilder.Column(name: "number"), FileBuilder.Column(name: "optional", isOptional: true),
                FileBuilder.Column(name: "text", physicalType: 6, convertedType: 0),
            ], rowGroups: pages.map { (100, $0) }
        ).bytes()
    }()

    @Test(arguments: [1 << 20, 300, 1000])
    func givesTheSelectedRowsOfEachGroup(_ batchByteCount: Int) throws {
        var driver = ScanDriver()
        driver.options.batchBodyByteCount = batchByteCount
        let all = try driver.read(Self.file)
        driver.rows = [0: [3..<4, 10..<60, 99..<100], 1: [0..<1]]
        let some = try driver.read(Self.file)
        let wanted = [3] + Array(10..<60) + [99, 100]
        for column in 0..<3 {
            let values = all.values(column)
            #expect(some.values(column) == wanted.map { values[$0] })
        }
    }

    @Test func groupsWithoutWantedRowsAreNotFetched() throws {
        let metadata = try ScanDriver().metadata(Self.file)
        var options = ScanOptions()
        options.mergeGapByteCount = 0
        let whole = try ScanPlan(metadata: metadata, columns: [0], rowGroups: [0, 1], options: options)
        let part = try ScanPlan(metadata: metadata, columns: [0], rowGroups: [0, 1], rows: [0: []], options: options)
        #expect(whole.parts.count == 2)
        #expect(part.parts == Array(whole.parts[1...]))
        #expect(part.rowCount == 100)
    }
}
