import Arrow
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("Scan")
struct ScanTests {
    private static let valid = [true, false, true, true, false, false, true, true, true, false]
    /// Texts of ten rows of which those in `valid` take the next value.
    private func texts(_ values: [String]) -> [String] {
        var next = values.makeIterator()
        return Self.valid.map { $0 ? next.next()! : "null" }
    }

    private func read(
        _ column: FileBuilder.Column, _ pages: [FileBuilder.Page], rowCount: Int64, options: ScanOptions = ScanOptions()
    ) throws(ParquetError) -> [String] {
        let file = FileBuilder(columns: [column], rowGroups: [(rowCount, [pages])])
        return try ScanDriver(options: options).read(file.bytes()).values(0)
    }

    private func failure(
        _ column: FileBuilder.Column, _ pages: [FileBuilder.Page], rowCount: Int64, options: ScanOptions = ScanOptions()
    ) -> ParquetError? {
        do throws(ParquetError) {
            _ = try read(column, pages, rowCount: rowCount, options: options)
            return nil
        } catch { return error }
    }

    @Test func readsBothPageVersionsAndPassesOverIndexPages() throws {
        let column = FileBuilder.Column(physicalType: 1, isOptional: true)
        let levels = Encoded.levels(Self.valid)
        let values = Encoded.int32([1, -2, 3, 4, 5, 6])
        let pages = [
            FileBuilder.page1(levels + values, valueCount: 10), FileBuilder.indexPage,
            FileBuilder.page2(levels: Array(levels[4...]), values, valueCount: 10),
            // No values at all: legal in both versions.
            FileBuilder.page1([], valueCount: 0), FileBuilder.page2(levels: [], [], valueCount: 0),
            FileBuilder.page2(levels: Encoded.run(0, count: 5, bitWidth: 1), [], valueCount: 5),
        ]
        let expected = texts(["1", "-2", "3", "4", "5", "6"])
        #expect(try read(column, pages, rowCount: 25) == expected + expected + Array(repeating: "null", count: 5))
    }

    @Test(arguments: [Int32(1), 6])
    func decompresses(_ codec: Int32) throws {
        let compress = codec == 1 ? Encoded.snappy : Encoded.zstd
        var column = FileBuilder.Column(physicalType: 1)
        column.codec = codec
        let values = Encoded.int32([7, 8, 9])
        let pages = [
            FileBuilder.page1(values, stored: compress(values), valueCount: 3),
            FileBuilder.page2(levels: [], values, stored: compress(values), valueCount: 3),
            FileBuilder.page2(levels: [], values, valueCount: 3, isCompressed: false),
        ]
        #expect(try read(column, pages, rowCount: 9) == ["7", "8", "9", "7", "8", "9", "7", "8", "9"])
        // One byte more or less than the header says.
        for lie in [Array(values.dropLast()), values + [0]] {
            let page = FileBuilder.page1(lie, stored: compress(values), valueCount: 3)
            #expect(failure(column, [page], rowCount: 3) != nil)
        }
    }

    @Test func aDictionaryMayGiveWayToPlainPages() throws {
        let column = FileBuilder.Column(physicalType: 6, isOptional: true, convertedType: 0)
        // The packed group has eight values, of which six are used.
        let indices = [UInt8(2)] + Encoded.packed([0, 1, 2, 1, 0, 0], bitWidth: 2)
        let pages = [
            FileBuilder.dictionary(Encoded.strings(["", "a", "a string longer than sixteen bytes"]), valueCount: 3),
            FileBuilder.page1(Encoded.levels(Self.valid) + indices, valueCount: 10, encoding: 8),
            FileBuilder.page1(
                Encoded.levels(Self.valid) + Encoded.strings(["x", "", "é", "yy", "zzz", "plain"]), valueCount: 10),
        ]
        let long = ColumnText.hex(Array("a string longer than sixteen bytes".utf8))
        let expected =
            texts(["x", "x61", long, "x61", "x", "x"])
            + texts(["x78", "x", "xc3a9", "x7979", "x7a7a7a", ColumnText.hex(Array("plain".utf8))])
        #expect(try read(column, pages, rowCount: 20) == expected)
        // The same across batches that hold a few rows each.
        var options = ScanOptions()
        for byteCount in [200, 300, 400] {
            options.batchBodyByteCount = byteCount
            #expect(try read(column, pages, rowCount: 20, options: options) == expected)
        }
    }

    @Test func booleansComePlainAndInRuns() throws {
        let column = FileBuilder.Column(physicalType: 0, isOptional: true)
        let runs = Encoded.run(1, count: 3, bitWidth: 1) + Encoded.packed([0, 1, 0], bitWidth: 1)
        let pages = [
            FileBuilder.page1(Encoded.levels(Self.valid) + [0b101011], valueCount: 10),
            FileBuilder.page1(
                Encoded.levels(Self.valid) + Encoded.int32([Int32(runs.count)]) + runs, valueCount: 10, encoding: 3),
        ]
        let expected =
            texts(["true", "true", "false", "true", "false", "true"])
            + texts(["true", "true", "true", "false", "true", "false"])
        var options = ScanOptions()
        for rowCount in [1, 3, 8, 100] {
            options.batchRowCount = rowCount
            #expect(try read(column, pages, rowCount: 20, options: options) == expected)
        }
    }

    @Test func pagesMayStraddleParts() throws {
        let column = FileBuilder.Column(physicalType: 2)
        let values = (0..<500).map { Int64($0) }
        let pages = [0, 200, 300].map { start in
            let count = start == 0 ? 200 : start == 200 ? 100 : 200
            return FileBuilder.page1(Encoded.int64(Array(values[start..<start + count])), valueCount: Int32(count))
        }
        let expected = values.map(String.init)
        var options = ScanOptions()
        for byteCount in [1, 2, 7, 64, 1000, 3000] {
            options.firstPartByteCount = byteCount
            options.partByteCount = byteCount
            #expect(try read(column, pages, rowCount: 500, options: options) == expected)
        }
    }

    @Test func aRowMayBeLargerThanTheTargetButNotThanAMessage() throws {
        let column = FileBuilder.Column(physicalType: 6)
        let text = String(repeating: "x", count: 5000)
        let pages = [FileBuilder.page1(Encoded.strings(["a", text, "b"]), valueCount: 3)]
        var options = ScanOptions()
        options.batchBodyByteCount = 1000
        #expect(try read(column, pages, rowCount: 3, options: options).count == 3)
        options.messageLimitByteCount = 4000
        guard case .tooLarge(let what, _) = failure(column, pages, rowCount: 3, options: options) else {
            Issue.record("the row was not refused")
            return
        }
        #expect(what.hasPrefix("row 1 of the row group takes"))
    }

    @Test func aRepeatedEntryDoesNotSwellMemory() throws {
        // 100,000 rows name one entry of 50,000 bytes: 5 GB if they were copied at once.
        let column = FileBuilder.Column(physicalType: 6)
        let file = FileBuilder(
            columns: [column],
            rowGroups: [
                (
                    100_000,
                    [
                        [
                            FileBuilder.dictionary(
                                Encoded.strings([String(repeating: "x", count: 50_000)]), valueCount: 1),
                            FileBuilder.page1(
                                [0] + Encoded.run(0, count: 100_000, bitWidth: 0), valueCount: 100_000, encoding: 8),
                        ]
                    ]
                )
            ]
        ).bytes()
        let metadata = try ScanDriver().metadata(file)
        let plan = try ScanPlan(metadata: metadata, columns: [0], rowGroups: [0])
        let pool = BlockPool(idleLimitByteCount: 1 << 20)
        let scan = Scan(plan: plan, pool: pool)
        var batchCount = 0
        while batchCount < 50 {
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

    /// Twenty thousand pages in one batch: the work per page must not grow with the pages before it.
    @Test(arguments: [Int32(0), 1, 6])
    func aBatchMayHaveManyPages(_ physicalType: Int32) throws {
        let column = FileBuilder.Column(physicalType: physicalType, isOptional: true)
        let values = physicalType == 0 ? [1] : physicalType == 1 ? Encoded.int32([5]) : Encoded.strings(["x"])
        let full = FileBuilder.page1(Encoded.levels([true]) + values, valueCount: 1)
        let null = FileBuilder.page1(Encoded.levels([false]), valueCount: 1)
        let empty = FileBuilder.page1([], valueCount: 0)
        let pages = (0..<5_000).flatMap { _ in [full, empty, null, FileBuilder.indexPage] }
        let texts = try read(column, pages, rowCount: 10_000)
        let text = physicalType == 0 ? "true" : physicalType == 1 ? "5" : "x78"
        #expect(texts == (0..<5_000).flatMap { _ in [text, "null"] })
    }

    @Test func zeroColumnsStillHaveRows() throws {
        let file = FileBuilder(
            columns: [FileBuilder.Column()],
            rowGroups: [(3, [[FileBuilder.page1(Encoded.int32([1, 2, 3]), valueCount: 3)]])])
        let result = try ScanDriver(columns: []).read(file.bytes())
        #expect(result.rowCount == 3)
        #expect(result.batches.allSatisfy { $0.body.isEmpty && $0.buffers.isEmpty })
        let empty = FileBuilder(columns: [], rowGroups: [(5, [])])
        #expect(try ScanDriver().read(empty.bytes()).rowCount == 5)
    }

    @Test func anotherColumnMayBeUnreadable() throws {
        let file = FileBuilder(
            columns: [
                FileBuilder.Column(
                    name: "wide", physicalType: 7, typeLength: 33, convertedType: 5, scale: 0, precision: 9),
                FileBuilder.Column(name: "good"),
            ],
            rowGroups: [(1, [[], [FileBuilder.page1(Encoded.int32([1]), valueCount: 1)]])]
        ).bytes()
        #expect(try ScanDriver(columns: [1]).read(file).values(0) == ["1"])
        #expect(throws: ParquetError.malformed("a DECIMAL of 33 bytes", at: .init(column: "wide"))) {
            try ScanDriver().read(file)
        }
    }

    @Test func checksumsAreComparedUnlessSwitchedOff() throws {
        let column = FileBuilder.Column()
        let body = Encoded.int32([1])
        let right = Kernels.crc32(Slice(copying: body))
        let good = FileBuilder.page1(body, valueCount: 1, checksum: right)
        let bad = FileBuilder.page1(body, valueCount: 1, checksum: right ^ 1)
        #expect(failure(column, [good], rowCount: 1) == nil)
        #expect(failure(column, [bad], rowCount: 1) != nil)
        var options = ScanOptions()
        options.verifiesChecksums = false
        #expect(failure(column, [bad], rowCount: 1, options: options) == nil)
    }

    struct Lie: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var physicalType: Int32 = 1
        var isOptional = false
        var convertedType: Int32?
        let pages: [FileBuilder.Page]
        var rowCount: Int64 = 3
        let message: String
    }

    static let three = Encoded.int32([1, 2, 3])
    static let words = FileBuilder.dictionary(Encoded.strings(["a", "b"]), valueCount: 2)
    static let lies = [
        Lie(
            testDescription: "fewer values than rows", pages: [FileBuilder.page1(three, valueCount: 3)], rowCount: 4,
            message: "the column chunk ends before its 1 last rows"),
        Lie(
            testDescription: "more rows than the file could hold", pages: [FileBuilder.page1(three, valueCount: 3)],
            rowCount: .max, message: "the column chunk ends before its \(Int64.max - 3) last rows"),
        Lie(
            testDescription: "more values than rows", pages: [FileBuilder.page1(three, valueCount: 3)], rowCount: 2,
            message: "the pages hold more rows than the row group"),
        Lie(
            testDescription: "fewer bytes than values", pages: [FileBuilder.page1(three, valueCount: 4)], rowCount: 4,
            message: "the page has fewer values than its header says"),
        Lie(
            testDescription: "index outside the dictionary", physicalType: 6,
            pages: [
                words, FileBuilder.page1([2] + Encoded.packed([0, 1, 2], bitWidth: 2), valueCount: 3, encoding: 8),
            ],
            message: "an index lies outside the dictionary"),
        Lie(
            testDescription: "repeated index outside the dictionary",
            pages: [
                FileBuilder.dictionary(three, valueCount: 3),
                FileBuilder.page1([3] + Encoded.run(3, count: 3, bitWidth: 3), valueCount: 3, encoding: 8),
            ], message: "an index lies outside the dictionary"),
        Lie(
            testDescription: "dictionary width 63",
            pages: [
                FileBuilder.dictionary(three, valueCount: 3),
                FileBuilder.page1([63, 3, 0, 0, 0, 0, 0, 0, 0, 0], valueCount: 3, encoding: 8),
            ], message: "dictionary indices of 63 bits"),
        Lie(
            testDescription: "no dictionary", pages: [FileBuilder.page1([1, 3, 0], valueCount: 3, encoding: 8)],
            message: "dictionary indices without a dictionary page"),
        Lie(
            testDescription: "two dictionaries", physicalType: 6, pages: [words, words],
            message: "a dictionary page after other pages"),
        Lie(
            testDescription: "dictionary shorter than it says",
            pages: [FileBuilder.dictionary(three, valueCount: .max)],
            message: "the dictionary has fewer values than its header says"),
        Lie(
            testDescription: "string past the page", physicalType: 6,
            pages: [FileBuilder.page1(Encoded.strings(["a", "b"]) + [0xff, 0xff, 0xff, 0x7f], valueCount: 3)],
            message: "a byte array goes past the end of the page"),
        Lie(
            testDescription: "string in the dictionary past the page", physicalType: 6,
            pages: [FileBuilder.dictionary([9, 0, 0, 0, 65, 66], valueCount: 1)],
            message: "the dictionary has fewer values than its header says"),
        Lie(
            testDescription: "not UTF-8", physicalType: 6, convertedType: 0,
            pages: [FileBuilder.page1([1, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0], valueCount: 3)],
            message: "a string is not UTF-8"),
        Lie(
            testDescription: "a character cut between two strings", physicalType: 6, convertedType: 0,
            pages: [FileBuilder.page1([1, 0, 0, 0, 0xc3, 1, 0, 0, 0, 0xa9, 0, 0, 0, 0], valueCount: 3)],
            message: "a string is not UTF-8"),
        Lie(
            testDescription: "level larger than 1", isOptional: true,
            pages: [FileBuilder.page1(Encoded.int32([2]) + [6, 2] + three, valueCount: 3)],
            message: "a definition level is larger than 1"),
        Lie(
            testDescription: "levels end early", isOptional: true,
            pages: [FileBuilder.page1(Encoded.int32([2]) + [4, 1] + three, valueCount: 3)],
            message: "the definition levels end early"),
        Lie(
            testDescription: "levels longer than the page", isOptional: true,
            pages: [FileBuilder.page1([0xff, 0xff, 0xff, 0xff, 4, 1], valueCount: 3)],
            message: "a length goes past the end of the page"),
        Lie(
            testDescription: "sizes of an uncompressed page differ",
            pages: [FileBuilder.page1(three + [0], stored: three, valueCount: 3)],
            message: "the sizes of an uncompressed page differ"),
    ]

    @Test(arguments: lies)
    func refuses(_ lie: Lie) {
        let column = FileBuilder.Column(
            physicalType: lie.physicalType, isOptional: lie.isOptional, convertedType: lie.convertedType)
        guard case .malformed(let what, let place) = failure(column, lie.pages, rowCount: lie.rowCount) else {
            Issue.record("not refused as malformed")
            return
        }
        #expect(what == lie.message)
        #expect(place.column == "c")
        #expect(place.rowGroup == 0)
    }

    @Test func anEmptyDecimalIsRefused() {
        let column = FileBuilder.Column(physicalType: 6, convertedType: 5, scale: 0, precision: 10)
        let page = FileBuilder.page1([0, 0, 0, 0], valueCount: 1)
        guard case .malformed("a BYTE_ARRAY decimal has an impossible length", _) = failure(column, [page], rowCount: 1)
        else {
            Issue.record("not refused")
            return
        }
    }

    @Test func chunksOutsideTheFileAreRefused() {
        for spoiled in [(Int16(7), Int64.max), (7, -1), (7, 1 << 20), (9, -5), (9, 1), (9, Int64.max)] {
            var file = FileBuilder(
                columns: [FileBuilder.Column()],
                rowGroups: [(3, [[FileBuilder.page1(Self.three, valueCount: 3)]])])
            file.spoilChunk = { $0.int64(spoiled.0, spoiled.1) }
            #expect(
                throws: ParquetError.malformed(
                    "the column chunk lies outside the file", at: .init(column: "c", rowGroup: 0))
            ) {
                try ScanDriver().read(file.bytes())
            }
        }
    }
}
