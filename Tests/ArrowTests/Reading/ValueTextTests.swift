import Randomness
import Bytes
import Testing

@testable import Arrow

@Suite("Values as text")
struct ValueTextTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let type: DataType
        let bytes: [UInt8]
        let text: String
        var testDescription: String { "\(type) \(text)" }

        init(_ type: DataType, _ bytes: [UInt8], _ text: String) {
            self.type = type
            self.bytes = bytes
            self.text = text
        }
    }

    static let ones = [UInt8](repeating: 0xff, count: 32)
    static let smallest128 = [UInt8](repeating: 0, count: 15) + [0x80]
    static let day: Int64 = 86_400

    static let vectors: [Vector] = [
        Vector(.boolean, [1], "true"),
        Vector(.integer(bitWidth: 8, isSigned: true), [0x80], "-128"),
        Vector(.integer(bitWidth: 8, isSigned: false), [0x80], "128"),
        Vector(.integer(bitWidth: 16, isSigned: true), [0xfe, 0xff], "-2"),
        Vector(.integer(bitWidth: 64, isSigned: false), Array(ones.prefix(8)), "18446744073709551615"),
        // 0x3c00 is 1, 0x7e00 is not a number, 0xfbff is the least finite half.
        Vector(.floatingPoint(bitWidth: 16), [0x00, 0x3c], "1.0"),
        Vector(.floatingPoint(bitWidth: 16), [0x00, 0x7e], "nan"),
        Vector(.floatingPoint(bitWidth: 16), [0xff, 0xfb], "-65504.0"),
        Vector(.floatingPoint(bitWidth: 32), littleEndian([Float(0.1).bitPattern]), "0.1"),
        Vector(.floatingPoint(bitWidth: 64), littleEndian([(-0.25).bitPattern]), "-0.25"),
        Vector(.decimal(bitWidth: 128, precision: 38, scale: 2), Array(ones.prefix(16)), "-0.01"),
        Vector(.decimal(bitWidth: 128, precision: 38, scale: 0), [UInt8](repeating: 0, count: 16), "0"),
        Vector(.decimal(bitWidth: 128, precision: 38, scale: 3), [UInt8](repeating: 0, count: 16), "0.000"),
        Vector(.decimal(bitWidth: 128, precision: 38, scale: -2), [42] + [UInt8](repeating: 0, count: 15), "4200"),
        Vector(
            .decimal(bitWidth: 128, precision: 38, scale: 0), smallest128, "-170141183460469231731687303715884105728"),
        Vector(
            .decimal(bitWidth: 256, precision: 76, scale: 0), ones.dropLast() + [0x7f],
            "57896044618658097711785492504343953926634992332820282019728792003956564819967"),
        Vector(
            .decimal(bitWidth: 256, precision: 76, scale: 76), ones, "-0." + String(repeating: "0", count: 75) + "1"),
        Vector(.date32, littleEndian([Int32(0)]), "1970-01-01"),
        Vector(.date32, littleEndian([Int32(-1)]), "1969-12-31"),
        Vector(.date32, littleEndian([Int32(11016)]), "2000-02-29"),
        Vector(.date32, littleEndian([Int32(-719_529)]), "-0001-12-31"),
        Vector(.date32, littleEndian([Int32.max]), "5881580-07-11"),
        Vector(.date32, littleEndian([Int32.min]), "-5877641-06-23"),
        Vector(.time(.second), littleEndian([Int32(86_399)]), "23:59:59"),
        Vector(.time(.millisecond), littleEndian([Int32(1)]), "00:00:00.001"),
        Vector(.time(.microsecond), littleEndian([3_600_000_001 as Int64]), "01:00:00.000001"),
        Vector(.time(.nanosecond), littleEndian([-1 as Int64]), "-1"),
        Vector(.timestamp(.second, timeZone: nil), littleEndian([-1 as Int64]), "1969-12-31T23:59:59"),
        Vector(.timestamp(.millisecond, timeZone: "UTC"), littleEndian([day * 1000 + 5]), "1970-01-02T00:00:00.005Z"),
        Vector(.timestamp(.nanosecond, timeZone: nil), littleEndian([Int64.min]), "1677-09-21T00:12:43.145224192"),
        Vector(.timestamp(.nanosecond, timeZone: nil), littleEndian([Int64.max]), "2262-04-11T23:47:16.854775807"),
        Vector(.timestamp(.second, timeZone: nil), littleEndian([Int64.min]), "-292277022657-01-27T08:29:52"),
        Vector(.decimal(bitWidth: 32, precision: 9, scale: 2), littleEndian([Int32(-12345)]), "-123.45"),
        Vector(.decimal(bitWidth: 32, precision: 9, scale: 0), littleEndian([Int32.min]), "-2147483648"),
        Vector(.decimal(bitWidth: 64, precision: 18, scale: 18), littleEndian([Int64(1)]), "0.000000000000000001"),
        Vector(.date64, littleEndian([-86_400_000 as Int64]), "1969-12-31"),
        Vector(.date64, littleEndian([86_400_001 as Int64]), "1970-01-02T00:00:00.001"),
        Vector(.date64, littleEndian([Int64.min]), "-292275055-05-16T16:47:04.192"),
        Vector(.duration(.second), littleEndian([0 as Int64]), "PT0S"),
        Vector(.duration(.millisecond), littleEndian([93_784_005 as Int64]), "P1DT2H3M4.005S"),
        Vector(.duration(.microsecond), littleEndian([-1_500_000 as Int64]), "PT-1.5S"),
        Vector(.duration(.nanosecond), littleEndian([-1 as Int64]), "PT-0.000000001S"),
        Vector(.duration(.second), littleEndian([Int64.min]), "P-106751991167300DT-15H-30M-8S"),
        Vector(.interval(.yearMonth), littleEndian([Int32(14)]), "P1Y2M"),
        Vector(.interval(.yearMonth), littleEndian([Int32(-14)]), "P-1Y-2M"),
        Vector(.interval(.dayTime), littleEndian([1, -90_061_001] as [Int32]), "P1DT-25H-1M-1.001S"),
        Vector(
            .interval(.monthDayNano), littleEndian([12, -2] as [Int32]) + littleEndian([3_600_000_000_001 as Int64]),
            "P1Y-2DT1H0.000000001S"),
        Vector(.interval(.monthDayNano), [UInt8](repeating: 0, count: 16), "PT0S"),
        Vector(.fixedSizeBinary(byteWidth: 3), [0, 0x1f, 0xff], "001fff"),
        Vector(.fixedSizeBinary(byteWidth: 0), [], ""),
    ]

    @Test(arguments: vectors)
    func writes(_ vector: Vector) throws {
        let schema = Schema(fields: [Field(name: "c", type: vector.type, isNullable: true)])
        // The value is the second of two rows, the first is null.
        let first = vector.type == .boolean ? [] : [UInt8](repeating: 0, count: vector.bytes.count)
        let values = vector.type == .boolean ? [vector.bytes[0] << 1] : first + vector.bytes
        let batch = makeBatch(rowCount: 2, nullCounts: [1], buffers: [[0b10], values])
        let column = try BatchReader(batch, compression: nil, schema: schema).columns[0]
        #expect(try column.text(at: 0) == nil)
        #expect(try column.text(at: 1) == vector.text)
    }

    @Test(arguments: [nil, BodyCodec.lz4Frame, .zstd])
    func readsBatches(_ codec: BodyCodec?) throws {
        // Long enough to shrink.
        let long = [UInt8](repeating: UInt8(ascii: "z"), count: 1000)
        let batch = makeBatch(
            rowCount: 3, nullCounts: [1, 1],
            buffers: [
                [0b101], littleEndian([7, 0, -9] as [Int32]),
                [0b101], littleEndian([0, 2, 2, 1002] as [Int32]), Array("ab".utf8) + long,
            ])
        let pool = BlockPool(idleLimitByteCount: 0)
        let sent = codec.map { BodyCompressor(codec: $0, pool: pool).compress(batch) } ?? batch
        let message = try MessageDecoder(MessageEncoder.recordBatch(sent, compression: codec))
        let (received, compression) = try message.recordBatch(body: sent.body[0])
        let reader = try BatchReader(received, compression: compression, schema: smallSchema)
        let rows = try (0..<3).map { row in try reader.columns.map { try $0.text(at: row, byteLimit: 4) } }
        #expect(rows == [["7", "ab"], [nil, nil], ["-9", "zzzz"]])
    }

    @Test func damagedCompressionNeverTraps() throws {
        var random = SeededRandom(seed: 7)
        let pool = BlockPool(idleLimitByteCount: 0)
        let batch = makeBatch(
            rowCount: 3, nullCounts: [1, 1],
            buffers: [
                [0b101], littleEndian([7, 0, -9] as [Int32]),
                [0b101], littleEndian([0, 200, 200, 700] as [Int32]), [UInt8](repeating: 65, count: 700),
            ])
        for codec in [BodyCodec.lz4Frame, .zstd] {
            let sent = BodyCompressor(codec: codec, pool: pool).compress(batch)
            let body = sent.body[0].copiedBytes()
            for _ in 0..<3000 {
                var changed = body
                // The high bytes of a length would only ask for memory; the limit has its own test.
                changed[Int.random(in: changed.indices, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
                var damaged = sent
                damaged.body = [Slice(copying: changed)]
                guard let reader = try? BatchReader(damaged, compression: codec, schema: smallSchema) else { continue }
                for row in 0..<3 { for column in reader.columns { _ = try? column.text(at: row) } }
            }
        }
    }

    @Test func aPromisedLengthIsNotBelieved() {
        let promise = littleEndian([Int64.max]) + [1, 2, 3]
        #expect(BodyDecompression.decompress(Slice(copying: promise), .zstd) == nil)
        #expect(BodyDecompression.decompress(Slice(copying: [1, 2, 3]), .lz4Frame) == nil)
    }

    @Test(arguments: [BodyCodec.lz4Frame, .zstd])
    func aBodyDoesNotGrowBeyondItsLimit(_ codec: BodyCodec) throws {
        // Two columns of 4,000 zeros, of which the limit has room for one.
        let zeros = SampleArray.numbers([Int32](repeating: 0, count: 1000))
        let batch = makeBatch(rowCount: 1000, [zeros, zeros])
        let sent = BodyCompressor(codec: codec, pool: BlockPool(idleLimitByteCount: 0)).compress(batch)
        let field = Field(name: "n", type: .integer(bitWidth: 32, isSigned: true), isNullable: false)
        var arrays = BodyArrays(sent, compression: codec, dictionaries: nil, firstOrdinal: 0, byteLimit: 7999)
        _ = try arrays.next(field)
        #expect(throws: ArrowError.malformedBuffer(column: "n", buffer: 1, .undecodable)) { try arrays.next(field) }
        arrays = BodyArrays(sent, compression: codec, dictionaries: nil, firstOrdinal: 0, byteLimit: 8000)
        _ = try arrays.next(field)
        _ = try arrays.next(field)
        try arrays.finish()
    }

    @Test func buffersThatAreTooShortAreNamed() throws {
        var batch = smallBatch
        batch.buffers[1].count = 11
        #expect(throws: ArrowError.malformedBuffer(column: "n", buffer: 1, .outOfBounds)) {
            try BatchReader(batch, compression: nil, schema: smallSchema)
        }
        batch = smallBatch
        batch.buffers[4].count = 6
        let reader = try BatchReader(batch, compression: nil, schema: smallSchema)
        #expect(throws: ArrowError.malformedBuffer(column: "s", buffer: 1, .badValue)) {
            try reader.columns[1].text(at: 2)
        }
        batch = smallBatch
        batch.buffers.removeLast()
        #expect(throws: ArrowError.self) { try BatchReader(batch, compression: nil, schema: smallSchema) }
    }
}
