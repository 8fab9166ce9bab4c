import Arrow
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

/// Null fixed-size lists have one entry in Parquet and all their slots in Arrow (columnar format, "Fixed-Size List Layout").
@Suite("Fixed-size lists")
struct FixedSizeListTests {
    private static let int32 = DataType.integer(bitWidth: 32, isSigned: true)

    /// An optional list of optional numbers; 0 no list, 1 an empty one, 2 null, 3 a number.
    private func read(
        _ levels: [(Int, Int)], _ values: [Int32], size: Int, rowCount: Int64, options: ScanOptions = ScanOptions()
    ) throws(ParquetError) -> ScanDriver.Result {
        let column = FileBuilder.Column.list("c", .init(name: "x", isOptional: true))
        let entries = PageEntries(levels, highestRepetition: 1, highestDefinition: 3)
        var file = FileBuilder(
            columns: [column], rowGroups: [(rowCount, [[entries.page1(Encoded.int32(values))]])])
        let item = Field(name: "x", type: Self.int32, isNullable: true)
        let hint = Field(name: "c", type: .fixedSizeList(item, count: size), isNullable: true)
        file.keyValues = [(StoredSchemaText.key, StoredSchemaText.text([hint]))]
        return try ScanDriver(options: options).read(file.bytes())
    }

    private func failure(_ levels: [(Int, Int)], _ values: [Int32], size: Int, rowCount: Int64) -> String? {
        do throws(ParquetError) {
            _ = try read(levels, values, size: size, rowCount: rowCount)
            return nil
        } catch {
            if case .malformed(let what, let place) = error, place.column == "c.list.x" { return what }
            return "\(error)"
        }
    }

    private static let wrongSize = "a list has another size than the 2 of the stored Arrow schema"

    @Test func nullListsHaveSlotsOfTheirOwn() throws {
        let result = try read(
            [(0, 0), (0, 3), (1, 2), (0, 0), (0, 0), (0, 3), (1, 3), (0, 0)], [1, 2, 3], size: 2, rowCount: 6)
        #expect(result.values(0) == ["null", "[1,null]", "null", "null", "[2,3]", "null"])
        // Twelve slots of elements, of which three have a value.
        #expect(result.batches.map(\.nodes) == [[.init(length: 6, nullCount: 4), .init(length: 12, nullCount: 9)]])
    }

    @Test func withoutNullsNothingIsAdded() throws {
        let result = try read([(0, 3), (1, 3), (0, 2), (1, 3)], [1, 2, 3], size: 2, rowCount: 2)
        #expect(result.values(0) == ["[1,2]", "[null,3]"])
        #expect(result.batches.map(\.nodes) == [[.init(length: 2, nullCount: 0), .init(length: 4, nullCount: 1)]])
    }

    @Test func listsOfAnotherSizeAreRefused() {
        // With and without a null list beside them: two ways lead to the same answer.
        for others in [[], [(0, 0)]] as [[(Int, Int)]] {
            for levels in [
                [(0, 3)], [(0, 1)], [(0, 3), (1, 3), (1, 3)], [(0, 3), (0, 3), (1, 3)], [(0, 3), (1, 3), (0, 3)],
                [(0, 3), (1, 3), (0, 1)],
            ] as [[(Int, Int)]] {
                let all = levels + others
                let values = [Int32](repeating: 1, count: all.count { $0.1 == 3 })
                #expect(
                    failure(all, values, size: 2, rowCount: Int64(all.count { $0.0 == 0 })) == Self.wrongSize,
                    "\(all)")
            }
        }
        #expect(
            failure([(0, 0), (0, 1)], [], size: 2, rowCount: 2) == Self.wrongSize)
    }

    @Test func listsOfNothingMayBeNull() throws {
        let result = try read([(0, 1), (0, 0), (0, 1)], [], size: 0, rowCount: 3)
        #expect(result.values(0) == ["[]", "null", "[]"])
        for levels in [[(0, 3)], [(0, 0), (0, 2)]] as [[(Int, Int)]] {
            let values = [Int32](repeating: 1, count: levels.count { $0.1 == 3 })
            #expect(
                failure(levels, values, size: 0, rowCount: Int64(levels.count))
                    == "a list has another size than the 0 of the stored Arrow schema")
        }
    }

    /// Slots of null lists are made of nothing, so the number of them is bounded.
    @Test(arguments: [Int(Int32.max), 1 << 24, 1 << 20])
    func nullListsDoNotSwellMemory(_ size: Int) {
        var options = ScanOptions()
        options.messageLimitByteCount = 1 << 16
        #expect {
            try read([(0, 0), (0, 0)], [], size: size, rowCount: 2, options: options)
        } throws: { error in
            switch error {
            case ParquetError.malformed("too many elements in null lists", _), ParquetError.tooLarge: true
            default: false
            }
        }
    }

    /// A null list of lists, and lists below a structure and in a list of any size.
    @Test(
        arguments: [
            ("[[1,2],[3,4]]", [(0, 4), (2, 4), (1, 4), (2, 4)], [1, 2, 3, 4]),
            ("null", [(0, 0)], []),
            ("[null,[1,2]]", [(0, 2), (1, 4), (2, 4)], [1, 2]),
            ("[null,null]", [(0, 2), (1, 2)], []),
        ] as [(String, [(Int, Int)], [Int32])])
    func listsNest(_ text: String, _ row: [(Int, Int)], _ values: [Int32]) throws {
        let inner = FileBuilder.Column.list("element", .init(name: "element"))
        let number = Field(name: "element", type: Self.int32, isNullable: false)
        let pair = DataType.fixedSizeList(number, count: 2)
        let pairs = DataType.fixedSizeList(Field(name: "element", type: pair, isNullable: true), count: 2)
        // The row between two others, so that what is added goes to its place.
        let full = [(0, 4), (2, 4), (1, 4), (2, 4)]
        let entries = PageEntries(full + row + full, highestRepetition: 2, highestDefinition: 4)
        let column = FileBuilder.Column.list("c", inner)
        let body = Encoded.int32([7, 7, 7, 7] + values + [8, 8, 8, 8])
        for batchRowCount in 1...3 {
            var file = FileBuilder(columns: [column], rowGroups: [(3, [[entries.page1(body)]])])
            let hint = Field(name: "c", type: pairs, isNullable: true)
            file.keyValues = [(StoredSchemaText.key, StoredSchemaText.text([hint]))]
            var driver = ScanDriver()
            driver.options.batchRowCount = batchRowCount
            #expect(try driver.read(file.bytes()).values(0) == ["[[7,7],[7,7]]", text, "[[8,8],[8,8]]"])
        }
    }

    @Test func aListOfAnySizeBetweenTwoHoldsNoHoles() throws {
        // fixed 2 of list of fixed 2: a null outer list has two slots, those lists are null and hold nothing.
        let innermost = FileBuilder.Column.list("element", .init(name: "element"))
        let column = FileBuilder.Column.list("c", .list("element", innermost))
        let number = Field(name: "element", type: Self.int32, isNullable: false)
        let pair = Field(name: "element", type: .fixedSizeList(number, count: 2), isNullable: true)
        let type = DataType.fixedSizeList(Field(name: "element", type: .list(pair), isNullable: true), count: 2)
        // Definition: 0 null, 2 a null list, 3 an empty one, 4 a null pair, 6 a number.
        let entries = PageEntries(
            [(0, 0), (0, 6), (3, 6), (2, 4), (1, 3), (0, 2), (1, 4), (0, 0)], highestRepetition: 3,
            highestDefinition: 6)
        var file = FileBuilder(columns: [column], rowGroups: [(4, [[entries.page1(Encoded.int32([1, 2]))]])])
        file.keyValues = [
            (StoredSchemaText.key, StoredSchemaText.text([Field(name: "c", type: type, isNullable: true)]))
        ]
        let result = try ScanDriver().read(file.bytes())
        #expect(result.values(0) == ["null", "[[[1,2],null],[]]", "[null,[null]]", "null"])
        // 4 rows, 8 lists, 3 pairs, 6 numbers.
        #expect(result.batches[0].nodes.map(\.length) == [4, 8, 3, 6])
    }

    @Test func structuresInNullListsAreNull() throws {
        let column = FileBuilder.Column.list(
            "c", .group("element", [.init(name: "x"), .init(name: "y", physicalType: 6)]))
        let parts = [
            Field(name: "x", type: Self.int32, isNullable: false), Field(name: "y", type: .binary, isNullable: false),
        ]
        let element = Field(name: "element", type: .structure(parts), isNullable: false)
        let levels = [(0, 0), (0, 2), (1, 2), (0, 0)]
        let entries = PageEntries(levels, highestRepetition: 1, highestDefinition: 2)
        var file = FileBuilder(
            columns: [column],
            rowGroups: [(3, [[entries.page1(Encoded.int32([1, 2]))], [entries.page1(Encoded.strings(["a", "b"]))]])])
        let hint = Field(name: "c", type: .fixedSizeList(element, count: 2), isNullable: true)
        file.keyValues = [(StoredSchemaText.key, StoredSchemaText.text([hint]))]
        #expect(try ScanDriver().read(file.bytes()).values(0) == ["null", "[{1,x61},{2,x62}]", "null"])
    }
}
