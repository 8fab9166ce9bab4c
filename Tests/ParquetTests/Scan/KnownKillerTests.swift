import Arrow
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

/// What has ended other readers, or once this one.
@Suite("Known killers")
struct KnownKillerTests {
    private func failure(
        _ columns: [FileBuilder.Column], _ pages: [[FileBuilder.Page]], rowCount: Int64,
        options: ScanOptions = ScanOptions(), spoilChunk: ((inout ThriftWriter) -> Void)? = nil
    ) -> ParquetError? {
        let file = FileBuilder(columns: columns, rowGroups: [(rowCount, pages)], spoilChunk: spoilChunk)
        do throws(ParquetError) {
            _ = try ScanDriver(options: options).read(file.bytes())
            return nil
        } catch { return error }
    }

    private func what(_ error: ParquetError?) -> String? {
        switch error {
        case .malformed(let what, _), .tooLarge(let what, _), .unsupported(let what, _): what
        case nil: nil
        }
    }

    @Test(arguments: [65, 20_000])
    func aDeepSchemaIsRefused(_ depth: Int) {
        // A root and groups of one child each: name "a" (field 4), one child (field 5).
        let group: [UInt8] = [0x48, 1, 0x61, 0x15, 2, 0]
        let metadata =
            [0x15, 2, 0x19, 0xfc] + Encoded.varint(UInt64(depth) + 1)
            + [UInt8](repeatElement(group, count: depth + 1).joined()) + [0]
        #expect(throws: ParquetError.malformed("file metadata: the schema is nested too deeply", at: .file)) {
            try FileMetadata(parsing: metadata.rawSpan, objectByteCount: 1 << 30)
        }
    }

    @Test func deepListsAreReadUpToTheLimit() throws {
        // Each list has two groups; with the root 64 of them are allowed.
        for (depth, isRead) in [(31, true), (32, true), (33, false)] {
            var column = FileBuilder.Column(name: "element")
            for _ in 0..<depth { column = .list("element", column) }
            let highest = 2 * depth
            let entries = PageEntries(
                [(0, highest), (depth, highest), (0, 0)], highestRepetition: depth, highestDefinition: highest)
            let error = failure([column], [[entries.page1(Encoded.int32([1, 2]))]], rowCount: 2)
            #expect((error == nil) == isRead, "\(depth)")
        }
    }

    @Test func aHugeRunOfLevelsIsClippedToThePage() throws {
        // 2^31 - 1 times level 3 in six bytes, three entries in the page.
        let run = Encoded.run(3, count: Int(Int32.max), bitWidth: 2)
        let zeros = Encoded.run(0, count: Int(Int32.max), bitWidth: 1)
        let page = FileBuilder.page1(
            Encoded.prefixed(zeros) + Encoded.prefixed(run) + Encoded.int32([1, 2, 3]), valueCount: 3)
        let file = FileBuilder(columns: [NestedSamples.list.column], rowGroups: [(3, [[page]])])
        #expect(try ScanDriver().read(file.bytes()).values(0) == ["[1]", "[2]", "[3]"])
        let flat = FileBuilder.page1(
            Encoded.prefixed(Encoded.run(1, count: Int(Int32.max), bitWidth: 1)) + Encoded.int32([1, 2, 3]),
            valueCount: 3)
        let column = FileBuilder.Column(isOptional: true)
        let flatFile = FileBuilder(columns: [column], rowGroups: [(3, [[flat]])])
        #expect(try ScanDriver().read(flatFile.bytes()).values(0) == ["1", "2", "3"])
    }

    @Test func aRowMayNotBeginInItsMiddle() {
        let entries = PageEntries([(1, 3), (0, 3)], highestRepetition: 1, highestDefinition: 3)
        for page in [
            entries.page1(Encoded.int32([1, 2])), entries.page2(Encoded.int32([1, 2])),
            entries.bitPackedPage(Encoded.int32([1, 2])),
        ] {
            let error = failure([NestedSamples.list.column], [[page]], rowCount: 1)
            #expect(what(error) == "the first row begins in its middle")
        }
    }

    @Test func levelsAboveTheSchemasAreRefused() {
        for (levels, message) in [
            ([(0, 3), (2, 3)], "a repetition level is larger than 1"),
            ([(0, 4), (1, 3)], "a definition level is larger than 3"),
        ] {
            // Bit widths are those of the schema, so the levels are packed for higher ones where that fits.
            let repetition = Encoded.run(UInt32(levels[1].0), count: 2, bitWidth: 1)
            let definition = Encoded.run(UInt32(levels[0].1), count: 2, bitWidth: 2)
            let page = FileBuilder.page2(
                repetition: levels[1].0 > 1 ? repetition : Encoded.packed([0, 1], bitWidth: 1), levels: definition,
                Encoded.int32([1, 2]), valueCount: 2)
            #expect(what(failure([NestedSamples.list.column], [[page]], rowCount: 1)) == message)
        }
    }

    @Test func aRowOfTooManyEntriesIsRefused() {
        // One row of 2^31 - 1 nulls: two runs.
        let count = Int(Int32.max)
        let page = FileBuilder.page2(
            repetition: Encoded.run(0, count: 1, bitWidth: 1) + Encoded.run(1, count: count - 1, bitWidth: 1),
            levels: Encoded.run(2, count: count, bitWidth: 2), [], valueCount: Int32.max)
        var options = ScanOptions()
        options.messageLimitByteCount = 1 << 16
        guard
            case .tooLarge(let what, let place) = failure(
                [NestedSamples.list.column], [[page]], rowCount: 1, options: options)
        else {
            Issue.record("not refused as too large")
            return
        }
        #expect(what.hasPrefix("a row of more than "))
        #expect(place.column == "list.list.element")
    }

    /// Each of fifty lists has half a million nulls in one row, out of two runs.
    @Test func aRowOfManyLargeListsDoesNotSwellMemory() throws {
        let count = 500_000
        let page = FileBuilder.page2(
            repetition: Encoded.run(0, count: 1, bitWidth: 1) + Encoded.run(1, count: count - 1, bitWidth: 1),
            levels: Encoded.run(2, count: count, bitWidth: 2), [], valueCount: Int32(count))
        let lists = (0..<50).map { FileBuilder.Column.list("list \($0)", .init(name: "x", isOptional: true)) }
        for columns in [[.group("group", lists)], lists] {
            let file = FileBuilder(columns: columns, rowGroups: [(1, lists.map { _ in [page] })]).bytes()
            let metadata = try ScanDriver().metadata(file)
            var options = ScanOptions()
            options.messageLimitByteCount = 1 << 16
            let plan = try ScanPlan(
                metadata: metadata, columns: Array(columns.indices), rowGroups: [0], options: options)
            let pool = BlockPool(idleLimitByteCount: 1 << 20)
            let scan = Scan(plan: plan, pool: pool)
            #expect {
                while true {
                    guard case .needs(let part) = try scan.step() else { continue }
                    let range = plan.parts[part]
                    scan.supply(part: part, bytes: Slice(copying: Array(file[Int(range.offset)..<Int(range.end)])))
                }
            } throws: { error in
                if case ParquetError.tooLarge = error { true } else { false }
            }
            #expect(pool.largestLentByteCount < 8 << 20)
        }
    }

    @Test func sharedPrefixesDoNotSwellMemory() throws {
        // 40,000 values that are the first one once more: 2 GB if they were copied at once.
        let count = 40_000
        let value = [UInt8](repeating: 0x78, count: 50_000)
        let prefixes = [0] + [Int64](repeating: 50_000, count: count - 1)
        let suffixes = [50_000] + [Int64](repeating: 0, count: count - 1)
        let body = Encoded.deltas(prefixes, is32Bit: true) + Encoded.deltas(suffixes, is32Bit: true) + value
        let file = FileBuilder(
            columns: [FileBuilder.Column(physicalType: 6)],
            rowGroups: [(Int64(count), [[FileBuilder.page1(body, valueCount: Int32(count), encoding: 7)]])]
        ).bytes()
        let metadata = try ScanDriver().metadata(file)
        let plan = try ScanPlan(metadata: metadata, columns: [0], rowGroups: [0])
        let pool = BlockPool(idleLimitByteCount: 1 << 20)
        let scan = Scan(plan: plan, pool: pool)
        var batchCount = 0
        while batchCount < 20 {
            switch try scan.step() {
            case .needs(let part):
                let range = plan.parts[part]
                scan.supply(part: part, bytes: Slice(copying: Array(file[Int(range.offset)..<Int(range.end)])))
            case .working: continue
            case .produced(let batch):
                #expect(batch.bodyByteCount <= 1 << 20)
                batchCount += 1
            case .finished: Issue.record("finished early")
            }
        }
        #expect(pool.largestLentByteCount < 8 << 20)
    }

    /// Chunks that all claim the whole file: each of them would be fetched.
    @Test func overlappingChunksDoNotSwellAFetch() throws {
        let columns = (0..<20).map { FileBuilder.Column(name: "c\($0)") }
        let page = FileBuilder.page1(Encoded.int32([1]), valueCount: 1)
        var file = FileBuilder(columns: columns, rowGroups: [(1, columns.map { _ in [page] })])
        let byteCount = Int64(file.bytes().count - 100)
        file.spoilChunk = {
            $0.int64(7, byteCount)
            $0.int64(9, 4)
        }
        let bytes = file.bytes()
        #expect(throws: ParquetError.malformed("the column chunks overlap too often", at: .init(rowGroup: 0))) {
            try ScanDriver().read(bytes)
        }
        // A few may share what they like.
        #expect(try ScanDriver(columns: Array(0..<8)).read(bytes).rowCount == 1)
    }

    /// An average of 2^63 bytes for each value must not become a number of bytes.
    @Test func theMetadataMayClaimAnySizeOfValues() throws {
        let sample = NestedSamples.listOfLists
        let pages = [sample.leaves[0].entries.page1(sample.leaves[0].values)]
        var file = FileBuilder(columns: [sample.column], rowGroups: [(5, [pages])])
        for claim in [Int64.max, .min, 0] {
            file.spoilChunk = { $0.int64(6, claim) }
            #expect(try ScanDriver().read(file.bytes()).values(0) == sample.texts)
        }
    }

    /// A column that is always null is not asked for its length before its pages are opened.
    @Test(arguments: [Int32(0), -1, .min])
    func nullsOfNoLengthAreNotSplit(_ typeLength: Int32) {
        let null = FileBuilder.Column(
            name: "null", physicalType: 7, typeLength: typeLength, isOptional: true,
            logicalType: { $0.structure(11) { _ in } })
        let page = FileBuilder.page1(Encoded.levels([true, true]) + [1, 2], valueCount: 2, encoding: 9)
        let error = failure([.group("group", [null])], [[page]], rowCount: 2)
        #expect(what(error) == "FIXED_LEN_BYTE_ARRAY of \(typeLength) bytes")
    }

    @Test func dictionaryIndicesOfWidth63AreRefusedInListsToo() {
        let entries = NestedSamples.list.leaves[0].entries
        let dictionary = FileBuilder.dictionary(Encoded.int32([1]), valueCount: 1)
        let page = entries.page1([63, 3, 0, 0, 0, 0, 0, 0, 0, 0], encoding: 8)
        let error = failure([NestedSamples.list.column], [[dictionary, page]], rowCount: 5)
        #expect(what(error) == "dictionary indices of 63 bits")
    }

    struct Header: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let message: String
        let write: @Sendable (inout ThriftWriter) -> Void
    }

    /// Headers of pages in which one number is negative.
    static let headers = [
        Header(testDescription: "page size", message: "page header without type or with impossible sizes") {
            $0.int32(1, 0)
            $0.int32(2, -1)
            $0.int32(3, 4)
        },
        Header(testDescription: "stored size", message: "page header without type or with impossible sizes") {
            $0.int32(1, 0)
            $0.int32(2, 4)
            $0.int32(3, .min)
        },
        Header(testDescription: "values of version 1", message: "data page header without count or encoding") {
            $0.int32(1, 0)
            $0.int32(2, 4)
            $0.int32(3, 4)
            $0.structure(5) {
                $0.int32(1, -1)
                $0.int32(2, 0)
            }
        },
        Header(
            testDescription: "values of version 2",
            message: "data page header without count, encoding or level lengths"
        ) {
            $0.int32(1, 3)
            $0.int32(2, 4)
            $0.int32(3, 4)
            $0.structure(8) {
                $0.int32(1, .min)
                $0.int32(4, 0)
                $0.int32(5, 0)
                $0.int32(6, 0)
            }
        },
        Header(
            testDescription: "bytes of definition levels",
            message: "data page header without count, encoding or level lengths"
        ) {
            $0.int32(1, 3)
            $0.int32(2, 4)
            $0.int32(3, 4)
            $0.structure(8) {
                $0.int32(1, 1)
                $0.int32(4, 0)
                $0.int32(5, -4)
                $0.int32(6, 4)
            }
        },
        Header(
            testDescription: "bytes of repetition levels",
            message: "data page header without count, encoding or level lengths"
        ) {
            $0.int32(1, 3)
            $0.int32(2, 4)
            $0.int32(3, 4)
            $0.structure(8) {
                $0.int32(1, 1)
                $0.int32(4, 0)
                $0.int32(5, 4)
                $0.int32(6, -4)
            }
        },
        Header(testDescription: "dictionary values", message: "dictionary page header without count or encoding") {
            $0.int32(1, 2)
            $0.int32(2, 4)
            $0.int32(3, 4)
            $0.structure(7) {
                $0.int32(1, -1)
                $0.int32(2, 0)
            }
        },
        Header(testDescription: "page type", message: "unknown page type -1") {
            $0.int32(1, -1)
            $0.int32(2, 4)
            $0.int32(3, 4)
        },
    ]

    @Test(arguments: headers)
    func negativeNumbersInPageHeadersAreRefused(_ header: Header) {
        let page = FileBuilder.Page(bytes: ThriftWriter.structure(header.write) + [1, 0, 0, 0])
        #expect(what(failure([FileBuilder.Column()], [[page]], rowCount: 1)) == header.message)
    }

    @Test func negativeNumbersInTheFileMetadataAreRefused() {
        let page = FileBuilder.page1(Encoded.int32([1]), valueCount: 1)
        #expect(
            what(failure([FileBuilder.Column()], [[page]], rowCount: -1))
                == "file metadata: a row group has a negative row count")
        for (field, value) in [(Int16(5), Int64(-1)), (5, .min), (5, 0)] {
            let list = NestedSamples.list
            let pages = [list.leaves[0].entries.page1(list.leaves[0].values)]
            #expect(
                what(failure([list.column], [pages], rowCount: 5, spoilChunk: { $0.int64(field, value) }))
                    == "the column chunk has fewer values than the row group rows")
        }
        // A root with -1 children: name "r", field 5 zigzag 1.
        let metadata: [UInt8] = [0x29, 0x1c, 0x48, 1, 0x72, 0x15, 1, 0, 0]
        #expect(
            throws: ParquetError.malformed(
                "file metadata: a schema element has a negative number of children", at: .file)
        ) { try FileMetadata(parsing: metadata.rawSpan, objectByteCount: 100) }
    }
}
