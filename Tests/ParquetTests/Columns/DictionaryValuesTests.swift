import Arrow
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("Dictionary-encoded arrays")
struct DictionaryValuesTests {
    private static func keyed(_ value: DataType, bitWidth: Int = 8, isSigned: Bool = true) -> DataType {
        .dictionary(indexBitWidth: bitWidth, isSigned: isSigned, value: value, isOrdered: false)
    }

    private func read(
        _ column: FileBuilder.Column, _ hint: DataType, _ pages: [FileBuilder.Page], rowCount: Int64,
        options: ScanOptions = ScanDriver.standard
    ) throws(ParquetError) -> ScanDriver.Result {
        var file = FileBuilder(columns: [column], rowGroups: [(rowCount, [pages])])
        file.keyValues = [
            (StoredSchemaText.key, StoredSchemaText.text([Field(name: "c", type: hint, isNullable: true)]))
        ]
        return try ScanDriver(options: options).read(file.bytes())
    }

    private static let long = "longer than the twelve bytes of a view"

    /// The entries are looked up in one layout and sent in another.
    @Test(arguments: [DataType.utf8, .largeUtf8, .utf8View])
    func stringsHaveEveryLayout(_ value: DataType) throws {
        let column = FileBuilder.Column(physicalType: 6, convertedType: 0)
        let page = FileBuilder.page1(Encoded.strings(["a", Self.long, "", "a", Self.long]), valueCount: 5)
        let result = try read(column, Self.keyed(value), [page], rowCount: 5)
        #expect(result.schema.fields[0].type == Self.keyed(value))
        let long = ColumnText.hex(Self.long.utf8)
        #expect(result.values(0) == ["x61", long, "x", "x61", long])
        #expect(result.batches.map { $0.dictionaries.map(\.values.rowCount) } == [[3]])
    }

    struct Sample: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let column: FileBuilder.Column
        let value: DataType
        let values: [UInt8]
        let texts: [String]
    }

    /// Three values of which the last is the first, each.
    static let samples = [
        Sample(
            testDescription: "booleans", column: .init(physicalType: 0, isOptional: true), value: .boolean,
            values: [0b101], texts: ["true", "false", "true"]),
        Sample(
            testDescription: "integers", column: .init(physicalType: 1, isOptional: true),
            value: .integer(bitWidth: 32, isSigned: true), values: Encoded.int32([5, -6, 5]), texts: ["5", "-6", "5"]),
        Sample(
            testDescription: "durations", column: .init(physicalType: 2, isOptional: true), value: .duration(.second),
            values: Encoded.int64([1 << 40, -6, 1 << 40]), texts: ["1099511627776", "-6", "1099511627776"]),
        Sample(
            testDescription: "fixed", column: .init(physicalType: 7, typeLength: 2, isOptional: true),
            value: .fixedSizeBinary(byteWidth: 2), values: [1, 2, 3, 4, 1, 2], texts: ["x0102", "x0304", "x0102"]),
        Sample(
            testDescription: "decimals",
            column: .init(physicalType: 6, isOptional: true, convertedType: 5, scale: 0, precision: 9),
            value: .decimal(bitWidth: 128, precision: 9, scale: 0),
            values: [1, 0, 0, 0, 9, 1, 0, 0, 0, 8, 1, 0, 0, 0, 9],
            texts: ["9", "8", "9"]),
        Sample(
            testDescription: "binary", column: .init(physicalType: 6, isOptional: true), value: .binaryView,
            values: Encoded.strings(["a", "", "a"]), texts: ["x61", "x", "x61"]),
    ]

    @Test(arguments: samples)
    func nullsHaveNoEntry(_ sample: Sample) throws {
        let page = FileBuilder.page1(Encoded.levels([true, false, true, true]) + sample.values, valueCount: 4)
        for bitWidth in [8, 16, 32, 64] {
            for isSigned in [true, false] {
                let type = Self.keyed(sample.value, bitWidth: bitWidth, isSigned: isSigned)
                let result = try read(sample.column, type, [page], rowCount: 4)
                #expect(result.schema.fields[0].type == type)
                #expect(result.values(0) == [sample.texts[0], "null", sample.texts[1], sample.texts[2]])
                #expect(result.batches[0].dictionaries.map(\.values.rowCount) == [2])
            }
        }
    }

    @Test func theDictionaryGrowsWithTheBatches() throws {
        let page = FileBuilder.page1(Encoded.int32([1, 2, 1, 3, 3, 1]), valueCount: 6)
        var options = ScanDriver.standard
        options.batchRowCount = 2
        let type = Self.keyed(.integer(bitWidth: 32, isSigned: true))
        let result = try read(FileBuilder.Column(), type, [page], rowCount: 6, options: options)
        #expect(result.values(0) == ["1", "2", "1", "3", "3", "1"])
        // Batches without a new value need no dictionary.
        #expect(result.batches.map { $0.dictionaries.first?.values.rowCount } == [2, 3, nil])
    }

    /// 8-bit keys count to 127: before they run out the dictionary starts anew.
    @Test func theDictionaryStartsAnewBeforeItsKeysRunOut() throws {
        let values = (0..<Int32(300)).map { $0 }
        let page = FileBuilder.page1(Encoded.int32(values), valueCount: 300)
        var options = ScanDriver.standard
        options.batchRowCount = 50
        let type = Self.keyed(.integer(bitWidth: 32, isSigned: true))
        let result = try read(FileBuilder.Column(), type, [page], rowCount: 300, options: options)
        #expect(result.values(0) == values.map(String.init))
        #expect(result.batches.map { $0.dictionaries.first?.values.rowCount } == [50, 100, 50, 100, 50, 100])
    }

    @Test(arguments: [(true, 128), (false, 256)])
    func aBatchMayHaveAsManyValuesAsThereAreKeys(_ isSigned: Bool, _ keyCount: Int32) throws {
        let type = Self.keyed(.integer(bitWidth: 32, isSigned: true), isSigned: isSigned)
        let page = FileBuilder.page1(Encoded.int32(Array(0..<keyCount)), valueCount: keyCount)
        let result = try read(FileBuilder.Column(), type, [page], rowCount: Int64(keyCount))
        #expect(result.values(0) == (0..<keyCount).map(String.init))
        let large = FileBuilder.page1(Encoded.int32(Array(0...keyCount)), valueCount: keyCount + 1)
        #expect {
            try read(FileBuilder.Column(), type, [large], rowCount: Int64(keyCount) + 1)
        } throws: { error in
            guard case ParquetError.malformed(let what, let place) = error else { return false }
            return what == "more distinct values in a batch than the keys of the stored Arrow schema can count"
                && place.column == "c"
        }
    }

    /// Many entries, so that the table of the dictionary grows again and again.
    @Test func everyValueFindsItsEntry() throws {
        let words = (0..<5000).map { "word \($0 * $0 % 1999)" }
        let column = FileBuilder.Column(physicalType: 6, convertedType: 0)
        let page = FileBuilder.page1(Encoded.strings(words), valueCount: 5000)
        let result = try read(column, Self.keyed(.utf8, bitWidth: 32), [page], rowCount: 5000)
        #expect(result.values(0) == words.map { ColumnText.hex($0.utf8) })
        #expect(result.batches.last?.dictionaries.last?.values.rowCount == Set(words).count)
    }

    /// A dictionary of half a megabyte and a batch of as much: the next batch begins a new one.
    @Test func aLargeDictionaryStartsAnew() throws {
        let words = (0..<6).map { String(repeating: "\($0)", count: 300_000) }
        let column = FileBuilder.Column(physicalType: 6, convertedType: 0)
        let page = FileBuilder.page1(Encoded.strings(words), valueCount: 6)
        var options = ScanDriver.standard
        options.batchRowCount = 1
        let result = try read(column, Self.keyed(.utf8, bitWidth: 32), [page], rowCount: 6, options: options)
        #expect(result.values(0) == words.map { ColumnText.hex($0.utf8) })
        #expect(result.batches.map { $0.dictionaries.first?.values.rowCount } == [1, 2, 3, 1, 2, 3])
    }

    @Test func withoutDictionariesTheValuesAreSentPlain() throws {
        let column = FileBuilder.Column(physicalType: 6, convertedType: 0)
        let page = FileBuilder.page1(Encoded.strings(["a", "b"]), valueCount: 2)
        let result = try read(column, Self.keyed(.largeUtf8), [page], rowCount: 2, options: ScanOptions())
        #expect(result.schema.fields[0].type == .largeUtf8)
        #expect(result.values(0) == ["x61", "x62"])
    }
}
