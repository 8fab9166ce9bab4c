import Randomness
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

/// A valid file, cut and spoiled in every way a seed can think of: an error or rows, never a trap.
@Suite("Hostile files")
struct HostileFileTests {
    /// Every column kind, both page versions, a dictionary with fallback, all three codecs.
    static let file: [UInt8] = {
        let valid = (0..<24).map { $0 % 3 != 1 }
        let levels = Encoded.levels(valid)
        let count = valid.filter(\.self).count
        let words = (0..<count).map { ["a", "bb", "é", "dddd"][$0 % 4] }
        let indices = [UInt8(2)] + Encoded.packed((0..<UInt32(count)).map { $0 % 4 }, bitWidth: 2)
        let dictionary = Encoded.strings(["a", "bb", "é", "a longer string than most"])
        let numbers = Encoded.int32((0..<Int32(24)).map { $0 * 7 - 5 })
        let half = Array(numbers[..<48])
        let flags = Encoded.run(1, count: 9, bitWidth: 1) + Encoded.packed((0..<15).map { $0 % 2 }, bitWidth: 1)
        var snappy = FileBuilder.Column(name: "snappy", physicalType: 1, convertedType: 16)
        snappy.codec = 1
        var zstd = FileBuilder.Column(name: "zstd", physicalType: 2, convertedType: 5, scale: 2, precision: 15)
        zstd.codec = 6
        let wide = Encoded.int64((0..<24).map { Int64($0) << 40 })
        let file = FileBuilder(
            columns: [
                FileBuilder.Column(name: "text", physicalType: 6, isOptional: true, convertedType: 0, fieldID: 3),
                FileBuilder.Column(name: "flag", physicalType: 0), snappy, zstd,
                FileBuilder.Column(name: "money", physicalType: 6, convertedType: 5, scale: 2, precision: 20),
                FileBuilder.Column(name: "id", physicalType: 7, typeLength: 16, isOptional: true),
                FileBuilder.Column(name: "old", physicalType: 3),
            ],
            rowGroups: [
                (
                    48,
                    [
                        [
                            FileBuilder.dictionary(dictionary, valueCount: 4),
                            FileBuilder.page1(levels + indices, valueCount: 24, encoding: 8),
                            FileBuilder.page2(levels: Array(levels[4...]), Encoded.strings(words), valueCount: 24),
                        ],
                        [
                            FileBuilder.page1([1, 2, 3], valueCount: 24),
                            FileBuilder.page1(Encoded.int32([Int32(flags.count)]) + flags, valueCount: 24, encoding: 3),
                        ],
                        (0..<4).map { _ in
                            FileBuilder.page1(half, stored: Encoded.snappy(half), valueCount: 12)
                        },
                        (0..<2).map { _ in FileBuilder.page1(wide, stored: Encoded.zstd(wide), valueCount: 24) },
                        [
                            FileBuilder.page1(
                                (0..<48).flatMap { [3, 0, 0, 0, UInt8($0), 1, 2] }, valueCount: 48)
                        ],
                        [
                            FileBuilder.page1(
                                levels + [UInt8](repeating: 9, count: 16 * count), valueCount: 24),
                            FileBuilder.page1(Encoded.levels(Array(repeating: false, count: 24)), valueCount: 24),
                        ],
                        [
                            FileBuilder.dictionary([UInt8](repeating: 5, count: 24), valueCount: 2),
                            FileBuilder.page1(
                                [1] + Encoded.run(1, count: 48, bitWidth: 1), valueCount: 48, encoding: 2),
                        ],
                    ]
                )
            ])
        return file.bytes()
    }()

    @Test func theFileItselfIsGood() throws {
        let result = try ScanDriver().read(Self.file)
        #expect(result.rowCount == 48)
        #expect(result.values(2).prefix(3) == ["-5", "2", "9"])
        #expect(result.values(4)[1] == "65794")
    }

    @Test func everyCutOfTheFileIsAnError() {
        for count in 0..<Self.file.count {
            let cut = Array(Self.file[..<count])
            #expect(throws: ParquetError.self) {
                guard count >= 8 else { throw ParquetError.malformed("too short", at: .file) }
                return try ScanDriver().read(cut)
            }
        }
    }

    @Test func everyCutOfTheMetadataIsAnError() throws {
        let size = UInt64(Self.file.count)
        let range = try Footer.metadataRange(
            tail: Self.file.rawSpan.extracting(last: 8), objectByteCount: size)
        for count in 0..<Int(range.count) {
            let cut = Array(Self.file[Int(range.offset)..<Int(range.offset) + count])
            #expect(throws: ParquetError.self) { try FileMetadata(parsing: cut.rawSpan, objectByteCount: size) }
        }
    }

    @Test(arguments: 0..<8)
    func spoiledBytesAreAnErrorOrRows(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var decodedCount = 0
        for _ in 0..<600 {
            var bytes = Self.file
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count - 8, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes[place] = 0xff
                case 2: bytes[place] = 0
                default: bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
            }
            var driver = ScanDriver()
            if Bool.random(using: &random) {
                driver.options.batchBodyByteCount = 3000
                driver.options.firstPartByteCount = 50
                driver.options.partByteCount = 60
            }
            driver.rowLimit = 100_000
            if (try? driver.read(bytes)) != nil { decodedCount += 1 }
        }
        // Values may change without anyone noticing; a good share is noticed.
        #expect(decodedCount < 600)
    }
}
