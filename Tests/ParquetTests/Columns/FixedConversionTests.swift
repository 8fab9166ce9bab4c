import Arrow
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("Conversions of fixed width")
struct FixedConversionTests {
    /// What becomes of stored values that follow each other.
    private func convert(_ conversion: FixedConversion, _ source: [UInt8], count: Int) throws(Defect) -> [UInt8] {
        let byteCount = count * conversion.targetByteWidth
        // Bytes of ones around it must stay.
        let target = Slice(copying: [UInt8](repeating: 0xff, count: byteCount + 64))
        let used = try conversion.convert(Slice(copying: source), count: count, into: target.extracting(0..<byteCount))
        #expect(used == source.count)
        #expect(target.extracting(byteCount..<byteCount + 64).copiedBytes().allSatisfy { $0 == 0xff })
        return Array(target.copiedBytes()[..<byteCount])
    }

    struct Vector: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(conversion)" }
        let conversion: FixedConversion
        let source: [UInt8]
        let target: [UInt8]
    }

    private static func wide(_ values: Int64...) -> [UInt8] { Encoded.int64(values) }

    /// 128-bit integers.
    private static func huge(_ values: Int64...) -> [UInt8] {
        values.flatMap { Encoded.int64([$0, $0 < 0 ? -1 : 0]) }
    }

    /// Nanoseconds of the day, then the Julian day.
    private static func int96(_ nanoseconds: Int64, _ day: Int32) -> [UInt8] {
        Encoded.int64([nanoseconds]) + Encoded.int32([day])
    }

    private static let day = Int32(2_440_588)
    private static let interval: [UInt8] = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 1, 5, 0, 0, 1, 6, 0, 0, 1]

    static let vectors = [
        Vector(conversion: .copy(byteWidth: 3), source: [1, 2, 3, 4, 5, 6], target: [1, 2, 3, 4, 5, 6]),
        Vector(conversion: .narrow32To8, source: Encoded.int32([-1, 127, 300]), target: [0xff, 127, 44]),
        Vector(
            conversion: .narrow32To16, source: Encoded.int32([-2, 32_767, 65_537]),
            target: [0xfe, 0xff, 0xff, 0x7f, 1, 0]),
        Vector(
            conversion: .widen32To64, source: Encoded.int32([-1, .max, .min]),
            target: wide(-1, Int64(Int32.max), Int64(Int32.min))),
        Vector(
            conversion: .widen32To128, source: Encoded.int32([-1, .max, .min]),
            target: huge(-1, Int64(Int32.max), Int64(Int32.min))),
        Vector(conversion: .widen64To128, source: wide(-1, .max, .min), target: huge(-1, .max, .min)),
        Vector(
            conversion: .resize(byteWidth: 8, targetByteWidth: 4),
            source: wide(-1, Int64(Int32.max), Int64(Int32.min)), target: Encoded.int32([-1, .max, .min])),
        Vector(
            conversion: .resize(byteWidth: 4, targetByteWidth: 8), source: Encoded.int32([-7, 7]), target: wide(-7, 7)),
        Vector(
            conversion: .resize(byteWidth: 8, targetByteWidth: 32), source: wide(.min),
            target: wide(.min, -1, -1, -1)),
        Vector(
            conversion: .daysToMilliseconds, source: Encoded.int32([1, -1, .max, .min]),
            target: wide(
                86_400_000, -86_400_000, Int64(Int32.max) * 86_400_000, Int64(Int32.min) * 86_400_000)),
        // Towards zero, not down.
        Vector(
            conversion: .divide64(by: 1000), source: wide(1999, -1999, 999, -999, .min, .max),
            target: wide(1, -1, 0, 0, .min / 1000, .max / 1000)),
        Vector(
            conversion: .part(byteWidth: 12, offset: 0, count: 4), source: interval, target: [1, 0, 0, 0, 4, 0, 0, 1]),
        Vector(
            conversion: .part(byteWidth: 12, offset: 4, count: 8), source: interval,
            target: [2, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 1, 6, 0, 0, 1]),
        Vector(
            conversion: .bigEndian(byteWidth: 3, targetByteWidth: 16), source: [0xff, 0xff, 0xfe, 0, 1, 2],
            target: huge(-2, 258)),
        Vector(
            conversion: .bigEndian(byteWidth: 16, targetByteWidth: 16),
            source: [0x80] + [UInt8](repeating: 0, count: 15),
            target: [UInt8](repeating: 0, count: 15) + [0x80]),
        Vector(
            conversion: .bigEndian(byteWidth: 5, targetByteWidth: 4),
            source: [0xff, 0x80, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff], target: Encoded.int32([.min, .max])),
        Vector(
            conversion: .bigEndian(byteWidth: 17, targetByteWidth: 32),
            source: [0xff] + [UInt8](repeating: 0, count: 16),
            target: [UInt8](repeating: 0, count: 16) + [UInt8](repeating: 0xff, count: 16)),
        Vector(
            conversion: .variableBigEndian(targetByteWidth: 4),
            source: [1, 0, 0, 0, 0xfe, 4, 0, 0, 0, 0x80, 0, 0, 0, 2, 0, 0, 0, 1, 2],
            target: Encoded.int32([-2, .min, 258])),
        Vector(
            conversion: .int96(.nanosecond), source: int96(5, day) + int96(0, day + 1) + int96(-1, day - 1),
            target: wide(5, 86_400_000_000_000, -86_400_000_000_001)),
        Vector(conversion: .int96(.microsecond), source: int96(1999, day + 1), target: wide(86_400_000_001)),
        Vector(conversion: .int96(.millisecond), source: int96(1_999_999, day - 1), target: wide(-86_399_999)),
        Vector(conversion: .int96(.second), source: int96(1_999_999_999, day), target: wide(1)),
        // No day is out of range: the last one of 32 bits fits in milliseconds, in finer units it wraps around.
        Vector(
            conversion: .int96(.millisecond), source: int96(0, .max),
            target: wide((Int64(Int32.max) - 2_440_588) * 86_400_000)),
        Vector(
            conversion: .int96(.microsecond), source: int96(0, .max),
            target: wide((Int64(Int32.max) - 2_440_588) &* 86_400_000_000)),
        Vector(
            conversion: .int96(.nanosecond), source: int96(.max, .max) + int96(.min, .min),
            target: wide(
                (Int64(Int32.max) - 2_440_588) &* 86_400_000_000_000 &+ .max,
                (Int64(Int32.min) - 2_440_588) &* 86_400_000_000_000 &+ .min)),
    ]

    @Test(arguments: vectors.indices)
    func converts(_ index: Int) throws {
        let vector = Self.vectors[index]
        let count = vector.target.count / vector.conversion.targetByteWidth
        #expect(try convert(vector.conversion, vector.source, count: count) == vector.target)
    }

    @Test(arguments: vectors.indices)
    func everyCutIsAnError(_ index: Int) {
        let vector = Self.vectors[index]
        let count = vector.target.count / vector.conversion.targetByteWidth
        for byteCount in vector.source.indices {
            #expect(throws: Defect.self) {
                try convert(vector.conversion, Array(vector.source[..<byteCount]), count: count)
            }
        }
    }

    @Test(
        arguments: [
            (.resize(byteWidth: 8, targetByteWidth: 4), wide(Int64(Int32.max) + 1)),
            (.resize(byteWidth: 8, targetByteWidth: 4), wide(Int64(Int32.min) - 1)),
            (.resize(byteWidth: 8, targetByteWidth: 4), wide(0, .max, 0)),
            (.bigEndian(byteWidth: 5, targetByteWidth: 4), [0, 0x80, 0, 0, 0]),
            (.bigEndian(byteWidth: 5, targetByteWidth: 4), [0xff, 0x7f, 0, 0, 0]),
            (.bigEndian(byteWidth: 16, targetByteWidth: 4), [1] + [UInt8](repeating: 0, count: 15)),
        ] as [(FixedConversion, [UInt8])])
    func whatDoesNotFitIsRefused(_ conversion: FixedConversion, _ source: [UInt8]) {
        let count = source.count / conversion.sourceByteWidth!
        #expect(throws: Defect("a decimal does not fit the width of the stored Arrow schema")) {
            try convert(conversion, source, count: count)
        }
    }

    @Test(
        arguments: [
            [0, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 1], [2, 0, 0, 0, 1], [1, 0, 0],
        ] as [[UInt8]])
    func decimalsHaveOneToAsManyBytesAsFit(_ source: [UInt8]) {
        #expect(throws: Defect("a BYTE_ARRAY decimal has an impossible length")) {
            try convert(.variableBigEndian(targetByteWidth: 4), source, count: 1)
        }
    }

    // MARK: In a column

    private func read(
        _ column: FileBuilder.Column, _ pages: [FileBuilder.Page], rowCount: Int64, hint: DataType? = nil,
        batchRowCount: Int = 1000
    ) throws(ParquetError) -> [String] {
        var file = FileBuilder(columns: [column], rowGroups: [(rowCount, [pages])])
        if let hint {
            file.keyValues = [
                (StoredSchemaText.key, StoredSchemaText.text([Field(name: "c", type: hint, isNullable: true)]))
            ]
        }
        var driver = ScanDriver()
        driver.options.batchRowCount = batchRowCount
        return try driver.read(file.bytes()).values(0)
    }

    /// Decimals in encodings that were made for byte arrays, of one width and of any.
    @Test func decimalsOfDeltaStringsAreConverted() throws {
        let numbers = (0..<2500).map { $0 * $0 - 700_000 }
        let expected = numbers.map(String.init)
        let fixed = numbers.map { number in (0..<5).map { UInt8(truncatingIfNeeded: number >> (32 - 8 * $0)) } }
        // As short as the number allows.
        let short = fixed.map { bytes in
            var bytes = bytes[...]
            while bytes.count > 1, bytes[bytes.startIndex] == (bytes[bytes.startIndex + 1] & 0x80 == 0 ? 0 : 0xff) {
                bytes = bytes.dropFirst()
            }
            return Array(bytes)
        }
        var column = FileBuilder.Column(physicalType: 7, typeLength: 5, convertedType: 5, scale: 0, precision: 11)
        for batchRowCount in [3, 999, 5000] {
            let page = FileBuilder.page1(Encoded.deltaStrings(fixed), valueCount: 2500, encoding: 7)
            #expect(try read(column, [page], rowCount: 2500, batchRowCount: batchRowCount) == expected)
        }
        column = FileBuilder.Column(physicalType: 6, convertedType: 5, scale: 0, precision: 11)
        for (body, encoding) in [(Encoded.deltaStrings(short), Int32(7)), (Encoded.deltaLengths(short), 6)] {
            let page = FileBuilder.page1(body, valueCount: 2500, encoding: encoding)
            for hint in [nil, DataType.decimal(bitWidth: 32, precision: 9, scale: 0)] {
                for batchRowCount in [7, 999, 5000] {
                    #expect(
                        try read(column, [page], rowCount: 2500, hint: hint, batchRowCount: batchRowCount)
                            == expected)
                }
            }
        }
    }

    @Test func deltaStringsOfAnotherWidthAreRefused() throws {
        let fixed = FileBuilder.Column(physicalType: 7, typeLength: 2)
        let decimal = FileBuilder.Column(physicalType: 6, convertedType: 5, scale: 0, precision: 9)
        for (column, value, encoding) in [
            (fixed, [1], Int32(7)), (fixed, [1, 2, 3], 7), (fixed, [], 7), (decimal, [], 7), (decimal, [], 6),
            (decimal, [UInt8](repeating: 0, count: 17), 7), (decimal, [UInt8](repeating: 0, count: 17), 6),
        ] as [(FileBuilder.Column, [UInt8], Int32)] {
            let body = encoding == 7 ? Encoded.deltaStrings([[1, 2], value]) : Encoded.deltaLengths([[1, 2], value])
            let page = FileBuilder.page1(body, valueCount: 2, encoding: encoding)
            #expect(throws: ParquetError.self) { try read(column, [page], rowCount: 2) }
        }
    }

    /// A dictionary is converted once, values that a page splits a scratch full at a time.
    @Test func everyWayToAValueConvertsIt() throws {
        let numbers = (0..<3000).map { Int64($0 % 5 - 2) * 1_000_000_007 }
        let expected = numbers.map { String($0 / 1000) }
        let column = FileBuilder.Column(
            physicalType: 2,
            logicalType: {
                $0.structure(8) { time in
                    time.boolean(1, false)
                    time.structure(2) { $0.structure(3) { _ in } }
                }
            })
        let hint = DataType.timestamp(.microsecond, timeZone: nil)
        let plain = Encoded.int64(numbers)
        let dictionary = FileBuilder.dictionary(
            Encoded.int64((0..<5).map { Int64($0 - 2) * 1_000_000_007 }), valueCount: 5)
        let indices = [3] + Encoded.packed((0..<3000).map { UInt32($0 % 5) }, bitWidth: 3)
        for pages in [
            [FileBuilder.page1(plain, valueCount: 3000)],
            [FileBuilder.page1(Encoded.deltas(numbers), valueCount: 3000, encoding: 5)],
            [FileBuilder.page1(Encoded.split(plain, byteWidth: 8), valueCount: 3000, encoding: 9)],
            [dictionary, FileBuilder.page1(indices, valueCount: 3000, encoding: 8)],
        ] {
            for batchRowCount in [100, 1024, 1025, 5000] {
                #expect(
                    try read(column, pages, rowCount: 3000, hint: hint, batchRowCount: batchRowCount) == expected)
            }
        }
    }
}
