import Arrow
import Bytes
import ParquetFixtures
import Synchronization
import Testing

@testable import Parquet

@Suite("Scans in bands")
struct BandTests {
    private static let small: ScanOptions = {
        var options = ScanDriver.standard
        options.batchRowCount = 3
        return options
    }()

    /// The texts of all columns.
    private static func texts(_ result: ScanDriver.Result) -> [[String]] {
        result.schema.fields.indices.map(result.values)
    }

    @Test(arguments: SampleFiles.all.indices, [2, 3, 100])
    func anyNumberOfBandsGivesTheSameValues(_ index: Int, _ bandCount: Int) throws {
        for options in [ScanDriver.standard, Self.small] {
            let alone = try ScanDriver(options: options).read(SampleFiles.all[index])
            let banded = try ScanDriver(options: options, bandCount: bandCount).read(SampleFiles.all[index])
            #expect(Self.differences(banded, alone) == [])
        }
    }

    /// Names of the columns that differ.
    private static func differences(_ first: ScanDriver.Result, _ second: ScanDriver.Result) -> [String] {
        let (left, right) = (texts(first), texts(second))
        return first.schema.fields.indices.filter { left[$0] != right[$0] }.map { first.schema.fields[$0].name }
    }

    @Test func columnsAreDealtOutByCost() throws {
        let plan = try Self.plan(SampleFiles.flat)
        let count = plan.columns.count
        for bandCount in [1, 2, 3, count, count + 5] {
            let bands = plan.dealColumns(among: bandCount)
            #expect(bands.count == min(bandCount, count))
            #expect(bands.flatMap { $0 }.sorted() == Array(0..<count))
            #expect(bands.allSatisfy { !$0.isEmpty && $0 == $0.sorted() })
        }
    }

    /// Hands on several threads take what there is, one collects; all values are there, in order, and nothing is held.
    @Test(arguments: SampleFiles.all.indices)
    func handsOnManyThreads(_ index: Int) async throws {
        let file = SampleFiles.all[index]
        let alone = try ScanDriver(options: Self.small).read(file)
        for round in 0..<20 {
            let plan = try Self.plan(file)
            let pool = BlockPool(idleLimitByteCount: 1 << 20)
            let scan = Scan(plan: plan, pool: pool, bandCount: 2 + round % 4)
            let batches = try await withThrowingTaskGroup(of: [RecordBatch].self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        while !scan.isFinished {
                            Self.help(scan)
                            // There may be more hands than threads.
                            await Task.yield()
                        }
                        return []
                    }
                }
                group.addTask { try await Self.collect(scan, plan, file) }
                return try await group.reduce([], +)
            }
            let result = ScanDriver.Result(schema: plan.schema, batches: batches)
            #expect(Self.differences(result, alone) == [])
            #expect(scan.releasedPartCount == plan.parts.count)
        }
    }

    @Test func aFailureEndsTheScanForAllHands() async throws {
        let values = Encoded.int32([1, 2, 3])
        let columns = (0..<3).map { FileBuilder.Column(name: "c\($0)", physicalType: 1) }
        let good = FileBuilder.page1(values, valueCount: 3)
        let bad = FileBuilder.page1(Array(values.dropLast()), valueCount: 3)
        let bytes = FileBuilder(columns: columns, rowGroups: [(3, [[good], [bad], [good]])]).bytes()
        let plan = try Self.plan(bytes)
        let pool = BlockPool(idleLimitByteCount: 0)
        do {
            let scan = Scan(plan: plan, pool: pool, bandCount: 3)
            await #expect(throws: ParquetError.self) { try await Self.collect(scan, plan, bytes) }
            #expect(scan.take() == nil)
            #expect(scan.isFinished)
        }
        #expect(pool.lentByteCount == 0)
    }

    /// A hand may stop in the middle, and another one goes on.
    @Test func workIsPutBack() throws {
        let plan = try Self.plan(SampleFiles.encodings)
        let scan = Scan(plan: plan, pool: BlockPool(idleLimitByteCount: 1 << 20), bandCount: 2)
        let first = try #require(scan.take())
        let second = try #require(scan.take())
        #expect(scan.take() == nil)
        scan.putBack(first)
        #expect(scan.take() != nil)
        scan.putBack(second)
        #expect(scan.take() != nil)
        #expect(scan.take() == nil)
    }

    /// Nobody fetches batches, so the hands run out of work.
    @Test func fewBatchesWait() throws {
        let file = SampleFiles.flat
        let plan = try Self.plan(file, Self.small)
        let scan = Scan(plan: plan, pool: BlockPool(idleLimitByteCount: 1 << 20), bandCount: 2)
        var isStuck = false
        while !isStuck {
            Self.supplyNeeded(scan, plan, file)
            isStuck = !Self.help(scan) && scan.neededParts.isEmpty
        }
        var count = 0
        while let batch = try scan.nextBatch() {
            count += 1
            #expect(batch.rowCount <= 3)
            if count == Scan.batchLimit { break }
        }
        #expect(count == Scan.batchLimit)
        #expect(!scan.isFinished)
        #expect(scan.hasNews)
    }

    // MARK: Hands

    private static func plan(_ file: [UInt8], _ options: ScanOptions = small) throws -> ScanPlan {
        let metadata = try ScanDriver(options: options).metadata(file)
        return try ScanPlan(
            metadata: metadata, columns: Array(metadata.columns.indices),
            rowGroups: Array(metadata.rowGroups.indices), options: options)
    }

    @discardableResult private static func help(_ scan: Scan) -> Bool {
        guard let work = scan.take() else { return false }
        while scan.step(work) {}
        return true
    }

    private static func supplyNeeded(_ scan: Scan, _ plan: ScanPlan, _ file: [UInt8]) {
        for part in Set(scan.neededParts) {
            let range = plan.parts[part]
            scan.supply(part: part, bytes: Slice(copying: Array(file[Int(range.offset)..<Int(range.end)])))
        }
    }

    /// Supplies each part that is needed, once, takes part in the work, and fetches the batches.
    private static func collect(_ scan: Scan, _ plan: ScanPlan, _ file: [UInt8]) async throws -> [RecordBatch] {
        var batches: [RecordBatch] = []
        while !scan.isFinished {
            supplyNeeded(scan, plan, file)
            if let batch = try scan.nextBatch() { batches.append(batch) }
            help(scan)
            await Task.yield()
        }
        if let batch = try scan.nextBatch() { batches.append(batch) }
        return batches
    }
}
