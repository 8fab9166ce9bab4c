import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY")
struct DeltaStringsTests {
    private static let column = FileBuilder.Column(physicalType: 6)

    private func read(
        _ pages: [(body: [UInt8], count: Int)], encoding: Int32,
        column: FileBuilder.Column = column, options: ScanOptions = ScanOptions()
    ) throws(ParquetError) -> [String] {
        let pages = pages.map { FileBuilder.page1($0.body, valueCount: Int32($0.count), encoding: encoding) }
        let rowCount = pages.reduce(0) { $0 + $1.valueCount }
        let file = FileBuilder(columns: [column], rowGroups: [(rowCount, [pages])])
        return try ScanDriver(options: options).read(file.bytes()).values(0)
    }

    private func failure(_ body: [UInt8], count: Int, encoding: Int32) -> String? {
        do throws(ParquetError) {
            _ = try read([(body, count)], encoding: encoding)
            return nil
        } catch {
            if case .malformed(let what, _) = error { return what }
            return "\(error)"
        }
    }

    private func texts(_ values: [String]) -> [String] { values.map { ColumnText.hex($0.utf8) } }

    // Encodings.md, "Delta-length byte array": the lengths 5, 5, 6, 6, then the bytes.
    // Block 128, 4 miniblocks, 4 values, first 5 (zigzag 10); least delta 0, widths 1 0 0 0; deltas 0 1 0.
    private static let lengths: [UInt8] =
        [0x80, 1, 4, 4, 10, 0, 1, 0, 0, 0, 0b010, 0, 0, 0] + Array("HelloWorldFoobarABCDEF".utf8)

    @Test func readsTheExampleOfTheSpecificationForLengths() throws {
        #expect(try read([(Self.lengths, 4)], encoding: 6) == texts(["Hello", "World", "Foobar", "ABCDEF"]))
    }

    // "Delta Strings": axis, axle, babble, babyhood share 0, 2, 0, 3 bytes.
    private static let words = ["axis", "axle", "babble", "babyhood"]
    // Prefixes: first 0; least delta -2 (zigzag 3), width 3: 4 0 5. Suffixes 4 2 6 5: first 4 (zigzag 8); least delta
    // -2, width 3: 0 6 1.
    private static let prefixed: [UInt8] =
        [0x80, 1, 4, 4, 0, 3, 3, 0, 0, 0, 0x44, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        + [0x80, 1, 4, 4, 8, 3, 3, 0, 0, 0, 0x70, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + Array("axislebabbleyhood".utf8)

    @Test func readsTheExampleOfTheSpecificationForPrefixes() throws {
        #expect(try read([(Self.prefixed, 4)], encoding: 7) == texts(Self.words))
    }

    @Test func everyCutIsAnError() {
        for (body, encoding) in [(Self.lengths, Int32(6)), (Self.prefixed, 7)] {
            for count in body.indices {
                #expect(failure(Array(body[..<count]), count: 4, encoding: encoding) != nil, "\(encoding) \(count)")
            }
        }
    }

    private static let long = (0..<90).map { index in
        String(repeating: "prefix ", count: index % 13) + String(repeating: "x", count: index % 5)
    }

    @Test(arguments: [1, 60, 200, 700, 5000, 100_000])
    func batchesMayEndBehindAnyValue(_ bodyByteCount: Int) throws {
        let values = Self.long.map { Array($0.utf8) }
        var options = ScanOptions()
        options.batchBodyByteCount = bodyByteCount
        let halves = [values[..<40], values[40...]].map { Array($0) }
        #expect(
            try read(halves.map { (Encoded.deltaLengths($0), $0.count) }, encoding: 6, options: options)
                == texts(Self.long))
        #expect(
            try read(halves.map { (Encoded.deltaStrings($0), $0.count) }, encoding: 7, options: options)
                == texts(Self.long))
        for rowCount in [1, 2, 3, 7, 41] {
            options.batchRowCount = rowCount
            #expect(
                try read(halves.map { (Encoded.deltaStrings($0), $0.count) }, encoding: 7, options: options)
                    == texts(Self.long))
        }
    }

    /// More values than lengths are decoded at a time.
    @Test func longPagesAreRead() throws {
        let values = (0..<5000).map { Array("value \($0)".utf8) }
        let expected = values.map { ColumnText.hex($0) }
        #expect(try read([(Encoded.deltaLengths(values), 5000)], encoding: 6) == expected)
        #expect(try read([(Encoded.deltaStrings(values), 5000)], encoding: 7) == expected)
    }

    private func strings(_ prefixes: [Int64], _ suffixes: [Int64], _ bytes: String) -> [UInt8] {
        Encoded.deltas(prefixes, is32Bit: true) + Encoded.deltas(suffixes, is32Bit: true) + Array(bytes.utf8)
    }

    private static let sharesTooMuch = "a byte array shares more than there is, or its rest is missing"

    @Test func prefixesAreAtMostAsLongAsTheValueBefore() throws {
        #expect(try read([(strings([0, 2, 3], [2, 1, 0], "abc"), 3)], encoding: 7) == texts(["ab", "abc", "abc"]))
        for prefixes: [Int64] in [[1, 0, 0], [0, 3, 0], [0, 2, 4], [0, -1, 0], [0, 0, Int64(Int32.max)]] {
            #expect(
                failure(strings(prefixes, [2, 1, 0], "abc"), count: 3, encoding: 7) == Self.sharesTooMuch,
                "\(prefixes)")
        }
    }

    /// The first value of a page has none before it, though the page before had.
    @Test func nothingIsSharedAcrossPages() {
        #expect(throws: ParquetError.self) {
            try read([(strings([0], [2], "ab"), 1), (strings([1], [1], "c"), 1)], encoding: 7)
        }
    }

    @Test func suffixesLieInThePage() {
        for suffixes: [Int64] in [[2, 2, 0], [4, 0, 0], [-1, 0, 0], [Int64(Int32.min), 0, 0]] {
            #expect(
                failure(strings([0, 0, 0], suffixes, "abc"), count: 3, encoding: 7) == Self.sharesTooMuch,
                "\(suffixes)")
        }
        for lengths: [Int64] in [[2, 2, 0], [4, 0, 0], [-1, 0, 0], [3, -1, 1]] {
            let body = Encoded.deltas(lengths, is32Bit: true) + Array("abc".utf8)
            #expect(
                failure(body, count: 3, encoding: 6) == "a byte array goes past the end of the page", "\(lengths)")
        }
    }

    @Test func fewerLengthsThanValuesAreRefused() {
        let fewer = Defect.fewerValues.what
        #expect(failure(Encoded.deltas([1, 1], is32Bit: true) + [1, 2, 3], count: 3, encoding: 6) == fewer)
        #expect(failure(strings([0, 0], [1, 1, 1], "abc"), count: 3, encoding: 7) == fewer)
        #expect(failure(strings([0, 0, 0], [1, 1], "abc"), count: 3, encoding: 7) == fewer)
        // The bytes without the rest of what came before them.
        #expect(failure([0x80, 1, 4, 0, 0], count: 1, encoding: 6) == fewer)
    }

    @Test func textIsCheckedValueByValue() {
        let text = FileBuilder.Column(physicalType: 6, convertedType: 0)
        // The two bytes of one character in two values.
        let values: [[UInt8]] = [[0xc3], [0xa9]]
        for (body, encoding) in [(Encoded.deltaLengths(values), Int32(6)), (Encoded.deltaStrings(values), 7)] {
            #expect(throws: ParquetError.self) { try read([(body, 2)], encoding: encoding, column: text) }
        }
        // Shared bytes may cut a character, values may not.
        let shared: [[UInt8]] = [Array("é".utf8), [0xc3, 0xa8]]
        #expect(throws: Never.self) { try read([(Encoded.deltaStrings(shared), 2)], encoding: 7, column: text) }
    }
}
