import Arrow
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

/// Strings in the three layouts that Arrow has for them (columnar format, "Variable-size Binary" and its View Layout).
@Suite("Byte arrays in every layout")
struct ByteArrayValuesTests {
    private func read(
        _ hint: DataType, _ pages: [FileBuilder.Page], rowCount: Int64, isText: Bool = true,
        options: ScanOptions = ScanOptions()
    ) throws(ParquetError) -> ScanDriver.Result {
        let column = FileBuilder.Column(physicalType: 6, isOptional: true, convertedType: isText ? 0 : nil)
        var file = FileBuilder(columns: [column], rowGroups: [(rowCount, [pages])])
        file.keyValues = [
            (StoredSchemaText.key, StoredSchemaText.text([Field(name: "c", type: hint, isNullable: true)]))
        ]
        return try ScanDriver(options: options).read(file.bytes())
    }

    static let layouts: [DataType] = [
        .utf8, .largeUtf8, .utf8View, .binary, .largeBinary, .binaryView,
    ]

    private static let words = ["", "twelve bytes", "thirteen byte", "é", String(repeating: "long ", count: 40), "a"]
    private static let valid = (0..<20).map { $0 % 3 != 2 }

    private static var expected: [String] {
        var next = 0
        return valid.map { isValid in
            guard isValid else { return "null" }
            defer { next += 1 }
            return ColumnText.hex(words[next % words.count].utf8)
        }
    }

    private static var pages: [FileBuilder.Page] {
        let values = (0..<valid.filter(\.self).count).map { words[$0 % words.count] }
        let levels = Encoded.levels(valid)
        let bytes = values.map { Array($0.utf8) }
        let indices = [3] + Encoded.packed(values.indices.map { UInt32($0 % words.count) }, bitWidth: 3)
        return [
            FileBuilder.dictionary(Encoded.strings(words), valueCount: Int32(words.count)),
            FileBuilder.page1(levels + indices, valueCount: 20, encoding: 8),
            FileBuilder.page1(levels + Encoded.strings(values), valueCount: 20),
            FileBuilder.page1(levels + Encoded.deltaLengths(bytes), valueCount: 20, encoding: 6),
            FileBuilder.page1(levels + Encoded.deltaStrings(bytes), valueCount: 20, encoding: 7),
        ]
    }

    /// A dictionary, plain values, lengths and prefixes, one after another.
    @Test(arguments: layouts)
    func everyEncodingGivesTheSame(_ layout: DataType) throws {
        let isText = [.utf8, .largeUtf8, .utf8View].contains(layout)
        let expected = Self.expected + Self.expected + Self.expected + Self.expected
        var options = ScanOptions()
        for (rowCount, byteCount) in [(1000, 1 << 20), (1, 1 << 20), (7, 1 << 20), (1000, 300), (1000, 800), (1000, 1)]
        {
            options.batchRowCount = rowCount
            options.batchBodyByteCount = byteCount
            let result = try read(layout, Self.pages, rowCount: 80, isText: isText, options: options)
            #expect(result.schema.fields[0].type == layout)
            #expect(result.values(0) == expected)
        }
    }

    /// View Layout: length and the bytes themselves up to twelve, else length, four bytes, buffer 0 and an offset.
    @Test func viewsHoldShortValuesThemselves() throws {
        let page = FileBuilder.page1(
            Encoded.levels([true, false, true]) + Encoded.strings(["twelve bytes", "thirteen byte"]), valueCount: 3)
        let batch = try #require(try read(.utf8View, [page], rowCount: 3).batches.first)
        let body = try #require(batch.body.first).copiedBytes()
        let views = Array(body[batch.buffers[1].offset..<batch.buffers[1].offset + batch.buffers[1].count])
        #expect(
            views == [12, 0, 0, 0] + Array("twelve bytes".utf8) + [UInt8](repeating: 0, count: 16)
                + [13, 0, 0, 0] + Array("thir".utf8) + [0, 0, 0, 0, 12, 0, 0, 0])
        #expect(batch.variadicBufferCounts == [1])
    }

    @Test(arguments: layouts)
    func columnsOfNullsHaveNoBytes(_ layout: DataType) throws {
        let page = FileBuilder.page1(Encoded.levels([false, false, false]), valueCount: 3)
        let result = try read(layout, [page], rowCount: 3, isText: false)
        #expect(result.values(0) == ["null", "null", "null"])
    }

    @Test(arguments: [DataType.utf8, .largeUtf8, .utf8View])
    func textIsCheckedInBinaryColumnsToo(_ layout: DataType) {
        let levels = Encoded.levels([true])
        let bad: [UInt8] = [2, 0, 0, 0, 0xc3, 0x28]
        for pages in [
            [FileBuilder.page1(levels + bad, valueCount: 1)],
            [
                FileBuilder.dictionary(bad, valueCount: 1),
                FileBuilder.page1(levels + [0] + Encoded.run(0, count: 1, bitWidth: 0), valueCount: 1, encoding: 8),
            ],
            [FileBuilder.page1(levels + Encoded.deltaLengths([[0xc3, 0x28]]), valueCount: 1, encoding: 6)],
            [FileBuilder.page1(levels + Encoded.deltaStrings([[0xc3, 0x28]]), valueCount: 1, encoding: 7)],
        ] {
            #expect(throws: ParquetError.self) { try read(layout, pages, rowCount: 1, isText: false) }
            #expect(throws: Never.self) { try read(.binaryView, pages, rowCount: 1, isText: false) }
        }
    }
}
