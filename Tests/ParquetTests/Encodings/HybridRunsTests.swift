import Randomness
import Bytes
import CKernels
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("RLE / bit-packing hybrid")
struct HybridRunsTests {
    /// All values, asked for `limit` at a time.
    private func values(_ bytes: [UInt8], bitWidth: Int, limit: Int) throws(Defect) -> [UInt32] {
        var runs = HybridRuns(Slice(copying: bytes), bitWidth: bitWidth)
        var result: [UInt32] = []
        while let run = try runs.next(limit: limit) {
            switch run {
            case .repeated(let value, let count): result += Array(repeating: value, count: count)
            case .packed(let byteRange, let first, let count):
                var part = [UInt32](repeating: 0, count: count)
                let source = runs.bytes.extracting(byteRange)
                let largest = unsafe ck_unpack(
                    source.address, source.count, UInt32(bitWidth), first, count, &part)
                precondition(largest == part.max())
                result += part
            }
        }
        return result
    }

    @Test(arguments: 0...32)
    func readsEveryWidth(_ bitWidth: Int) throws {
        var random = SeededRandom(seed: UInt64(bitWidth))
        let mask = bitWidth == 32 ? UInt32.max : (1 << UInt32(bitWidth)) - 1
        var expected: [UInt32] = []
        var bytes: [UInt8] = []
        for count in [8, 1, 16, 64, 3, 504, 1000] {
            if count % 8 == 0 {
                let part = (0..<count).map { _ in UInt32.random(in: 0...UInt32.max, using: &random) & mask }
                bytes += Encoded.packed(part, bitWidth: bitWidth)
                expected += part
            } else {
                let value = UInt32.random(in: 0...UInt32.max, using: &random) & mask
                bytes += Encoded.run(value, count: count, bitWidth: bitWidth)
                expected += Array(repeating: value, count: count)
            }
        }
        for limit in [1, 7, 8, 100, 5000] {
            #expect(try values(bytes, bitWidth: bitWidth, limit: limit) == expected)
        }
    }

    @Test func clipsAHugeRunToWhatIsAsked() throws {
        // Head 0xfffffffe: a repeated run of 2^31 - 1 values in six bytes.
        var runs = HybridRuns(Slice(copying: [0xfe, 0xff, 0xff, 0xff, 0x0f, 7]), bitWidth: 3)
        #expect(try runs.next(limit: 10) == .repeated(value: 7, count: 10))
    }

    @Test func aShortLastGroupGivesWhatIsThere() throws {
        // Two groups of 4-bit values are promised, five bytes follow: ten values.
        #expect(try values([0x05, 0x21, 0x43, 0x65, 0x87, 0xa9], bitWidth: 4, limit: 100).count == 10)
    }

    @Test(arguments: [[0x80], [0x02], [0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0xff, 0xff, 0xff, 0xff, 0x1f]])
    func refuses(_ bytes: [UInt8]) {
        #expect(throws: Defect.self) { try values(bytes, bitWidth: 8, limit: 10) }
    }

    @Test func emptyRunsEnd() throws {
        #expect(try values([UInt8](repeating: 0x01, count: 50), bitWidth: 1, limit: 10).isEmpty)
    }
}
