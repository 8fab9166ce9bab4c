import Bytes
import ParquetFixtures
import Randomness
import Testing

@testable import Parquet

@Suite("BIT_PACKED levels")
struct BitPackedLevelsTests {
    /// The levels out of the one run they become.
    private func levels(_ bytes: [UInt8], count: Int, bitWidth: Int) throws(Defect) -> [UInt8] {
        let pool = BlockPool(idleLimitByteCount: 0)
        var runs = BitPackedLevels.repacked(Slice(copying: bytes), count: count, bitWidth: bitWidth, pool: pool)
        var result = [UInt8](repeating: 0, count: count)
        let largest = try unsafe runs.decodeLevels(count, into: &result, end: Defect("the levels end early"))
        #expect(UInt8(largest) == result.max())
        return result
    }

    private func failure(_ page: FileBuilder.Page, rowCount: Int64) -> String? {
        let file = FileBuilder(columns: [FileBuilder.Column(isOptional: true)], rowGroups: [(rowCount, [[page]])])
        do throws(ParquetError) {
            _ = try ScanDriver().read(file.bytes())
            return nil
        } catch {
            if case .malformed(let what, _) = error { return what }
            return "\(error)"
        }
    }

    @Test func readsTheExampleOfTheSpecification() throws {
        // Encodings.md, "Bit-packed (Deprecated)": 0 ... 7 in 3 bits: 00000101 00111001 01110111.
        #expect(try levels([0x05, 0x39, 0x77], count: 8, bitWidth: 3) == Array(0...7))
    }

    @Test(arguments: 1...8)
    func readsEveryWidth(_ bitWidth: Int) throws {
        var random = SeededRandom(seed: UInt64(bitWidth))
        for count in [1, 2, 7, 8, 9, 63, 64, 65, 1000] {
            let expected = (0..<count).map { _ in Int.random(in: 0..<1 << bitWidth, using: &random) }
            let bytes = Encoded.bitPackedLevels(expected, highest: 1 << bitWidth - 1)
            #expect(bytes.count == BitPackedLevels.byteCount(count, bitWidth: bitWidth))
            #expect(try levels(bytes, count: count, bitWidth: bitWidth) == expected.map { UInt8($0) })
        }
    }

    @Test func levelsEndWithThePage() {
        // Nine levels of one bit take two bytes.
        for body in [[0xff], []] as [[UInt8]] {
            let page = FileBuilder.page1(body, valueCount: 9, levelEncoding: 4)
            #expect(failure(page, rowCount: 9) == "the levels are longer than the page")
        }
        #expect(failure(FileBuilder.page1([0, 0], valueCount: 9, levelEncoding: 4), rowCount: 9) == nil)
    }

    @Test(arguments: [Int32(0), 2, 5, 8, -1])
    func levelsHaveNoOtherEncoding(_ encoding: Int32) {
        let page = FileBuilder.page1(Encoded.levels([true]) + [1, 0, 0, 0], valueCount: 1, levelEncoding: encoding)
        #expect(failure(page, rowCount: 1) == "levels with encoding number \(encoding)")
    }
}
