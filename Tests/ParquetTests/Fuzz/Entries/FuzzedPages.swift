import Arrow
import Bytes
import ParquetFixtures

@testable import Parquet

/// Each encoding, as the body of a page of a column of any type.
///
/// - Shape: type, form, values, pattern of nulls, length of the dictionary: one byte each; dictionary; page body.
enum FuzzedPages {
    static let entries = [
        entry("plain", 0), entry("dictionary", 8), entry("rle-boolean", 3), entry("delta-binary-packed", 5),
        entry("delta-length-byte-array", 6), entry("delta-byte-array", 7), entry("byte-stream-split", 9),
    ]

    private static func entry(_ name: String, _ encoding: Int32) -> FuzzEntry {
        FuzzEntry(name: name, seeds: { seeds(encoding) }, run: { run($0, encoding) })
    }

    /// Types and, for some, what a stored schema makes of them.
    private static let kinds: [(column: FileBuilder.Column, hint: DataType?)] = {
        let decimal = DataType.decimal(bitWidth: 32, precision: 9, scale: 1)
        let wide = DataType.decimal(bitWidth: 256, precision: 60, scale: 1)
        let text = FileBuilder.Column(physicalType: 6, convertedType: 0)
        let bytes = FileBuilder.Column(physicalType: 6)
        let small = FileBuilder.Column(physicalType: 2, convertedType: 5, scale: 0, precision: 18)
        let large = FileBuilder.Column(physicalType: 6, convertedType: 5, scale: 0, precision: 38)
        let fixed = FileBuilder.Column(physicalType: 7, typeLength: 5, convertedType: 5, scale: 0, precision: 9)
        func keyed(_ bitWidth: Int, _ value: DataType) -> DataType {
            .dictionary(indexBitWidth: bitWidth, isSigned: true, value: value, isOrdered: false)
        }
        return [
            (.init(physicalType: 0), nil), (.init(physicalType: 1), nil), (.init(physicalType: 2), nil),
            (.init(physicalType: 3), nil), (.init(physicalType: 4), nil), (.init(physicalType: 5), nil), (bytes, nil),
            (text, nil), (.init(physicalType: 7, typeLength: 3), nil), (large, nil), (fixed, nil), (small, nil),
            (.init(physicalType: 1, convertedType: 15), nil), (.init(physicalType: 1, convertedType: 12), nil),
            (.init(physicalType: 0), keyed(8, .boolean)), (text, keyed(8, .utf8)), (text, keyed(16, .utf8View)),
            (text, .largeUtf8), (text, .utf8View), (bytes, .binaryView), (bytes, .utf8), (large, decimal),
            (large, wide), (fixed, decimal), (small, decimal), (small, wide),
            (.init(physicalType: 3), .timestamp(.second, timeZone: nil)), (.init(physicalType: 2), .date64),
            (.init(physicalType: 1), .timestamp(.millisecond, timeZone: nil)),
            (.init(physicalType: 1, convertedType: 6), .date64), (.init(physicalType: 2), keyed(8, .duration(.second))),
            (.init(physicalType: 7, typeLength: 12, convertedType: 21), .interval(.yearMonth)),
            (.init(physicalType: 7, typeLength: 40), keyed(32, .fixedSizeBinary(byteWidth: 40))),
        ]
    }()

    private static func run(_ bytes: [UInt8], _ encoding: Int32) {
        var input = FuzzInput(bytes)
        var (column, hint) = input.choose(kinds)
        let form = input.byte()
        let valueCount = Int(input.byte())
        let pattern = input.byte()
        let dictionary = input.take(Int(input.byte()))
        let body = input.rest()
        column.isOptional = form & 1 == 1
        let valid = (0..<valueCount).map { pattern >> UInt8($0 % 8) & 1 == 1 }
        let levels = column.isOptional ? Encoded.levels(valid) : []
        let page =
            form & 2 == 0
            ? FileBuilder.page1(levels + body, valueCount: Int32(valueCount), encoding: encoding)
            : FileBuilder.page2(
                levels: Array(levels.dropFirst(4)), body, valueCount: Int32(valueCount), encoding: encoding)
        // How many entries a dictionary says it has is up to the input as well.
        let entryCount = Int32(form >> 4) * 3
        let pages = form & 4 == 4 ? [FileBuilder.dictionary(dictionary, valueCount: entryCount), page] : [page]
        var file = FileBuilder(columns: [column], rowGroups: [(2 * Int64(valueCount), [pages + [page]])])
        if let hint {
            file.keyValues = [
                (StoredSchemaText.key, StoredSchemaText.text([Field(name: "c", type: hint, isNullable: true)]))
            ]
        }
        FuzzedFile.compare(file.bytes(), batchRowCount: form & 8 == 8 ? 5 : 1000)
    }

    private static func seeds(_ encoding: Int32) -> [[UInt8]] {
        let numbers = (0..<70).map { Int64($0 * $0 % 37) }
        let words = numbers.map { Array("word \($0)".utf8) }
        let fives = numbers.map { [0, 0, 0, 0, UInt8($0)] }
        let indices = [6] + Encoded.packed(numbers.map { UInt32($0 % 6) }, bitWidth: 6)
        var seeds: [[UInt8]] = []
        for kind in kinds.indices {
            let body: [UInt8] =
                switch (encoding, kinds[kind].column.physicalType) {
                case (0, 6): Encoded.strings((0..<70).map { "v\($0)" })
                case (0, let type): [UInt8](repeating: 1, count: [9, 280, 560, 840, 280, 560, 0, 2800][Int(type)])
                case (3, _): Encoded.prefixed(Encoded.run(1, count: 70, bitWidth: 1))
                case (5, let type): Encoded.deltas(numbers, is32Bit: type == 1)
                case (6, _): Encoded.deltaLengths(words)
                case (7, 7): Encoded.deltaStrings(fives)
                case (7, _): Encoded.deltaStrings(words)
                case (8, _): indices
                default: [UInt8](0..<240)
                }
            for form: UInt8 in [0x24, 0x2d, 0x2e] {
                let dictionary = Encoded.strings(["a", "b", "c", "d", "e", "f"]) + [UInt8](repeating: 0, count: 100)
                seeds.append([UInt8(kind), form, 70, 0xf7, UInt8(dictionary.count)] + dictionary + body)
            }
        }
        return seeds
    }
}
