import Arrow
import Bytes
import Randomness
import Testing

@testable import Parquet

/// Valid files, cut and spoiled in every way a seed can think of: an error or rows, never a trap.
@Suite("Hostile files")
struct HostileFileTests {
    @Test func theFilesThemselvesAreGood() throws {
        let result = try ScanDriver().read(SampleFiles.flat)
        #expect(result.rowCount == 48)
        #expect(result.values(2).prefix(3) == ["-5", "2", "9"])
        #expect(result.values(4)[1] == "65794")
        #expect(try ScanDriver().read(SampleFiles.encodings).rowCount == 40)
        let codecs = try ScanDriver().read(SampleFiles.codecs)
        for column in codecs.schema.fields.indices {
            #expect(codecs.values(column) == (0..<80).map { String($0 % 40) })
        }
        let nested = try ScanDriver().read(NestedSamples.file)
        for column in nested.schema.fields.indices { #expect(nested.values(column) == NestedSamples.all[column].texts) }
    }

    /// Parts of one byte, and batches of one row.
    @Test(arguments: SampleFiles.all.indices)
    func theSmallestPiecesGiveTheSame(_ index: Int) throws {
        let whole = try ScanDriver().read(SampleFiles.all[index])
        var driver = ScanDriver()
        driver.options.firstPartByteCount = 1
        driver.options.partByteCount = 1
        driver.options.batchRowCount = 1
        let pieces = try driver.read(SampleFiles.all[index])
        #expect(pieces.batches.count == whole.rowCount)
        for column in whole.schema.fields.indices { #expect(pieces.values(column) == whole.values(column)) }
    }

    @Test(arguments: SampleFiles.all.indices)
    func everyCutOfAFileIsAnError(_ index: Int) {
        let file = SampleFiles.all[index]
        for count in 0..<file.count {
            let cut = Array(file[..<count])
            #expect(throws: ParquetError.self) {
                guard count >= 8 else { throw ParquetError.malformed("too short", at: .file) }
                return try ScanDriver().read(cut)
            }
        }
    }

    @Test(arguments: SampleFiles.all.indices)
    func everyCutOfTheMetadataIsAnError(_ index: Int) throws {
        let file = SampleFiles.all[index]
        let size = UInt64(file.count)
        let range = try Footer.metadataRange(tail: file.rawSpan.extracting(last: 8), objectByteCount: size)
        for count in 0..<Int(range.count) {
            let cut = Array(file[Int(range.offset)..<Int(range.offset) + count])
            #expect(throws: ParquetError.self) { try FileMetadata(parsing: cut.rawSpan, objectByteCount: size) }
        }
    }

    @Test(arguments: SampleFiles.all.indices, 0..<8)
    func spoiledBytesAreAnErrorOrRows(_ index: Int, _ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let file = SampleFiles.all[index]
        var decodedCount = 0
        for _ in 0..<300 {
            var bytes = file
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
        #expect(decodedCount < 300)
    }
}
