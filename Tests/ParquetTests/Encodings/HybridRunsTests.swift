import Randomness
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("RLE / bit-packing hybrid")
struct HybridRunsTests {
    /// All values, asked for `limit` at a time.
    private func values(_ bytes: [UInt8], bitWidth: Int, count: Int, limit: Int) throws(Defect) -> [UInt32] {
        var runs = HybridRuns(Slice(copying: bytes), bitWidth: bitWidth)
        var result: [UInt32] = []
        while result.count < count {
            var part = [UInt32](repeating: 0, count: min(limit, count - result.count))
            let (done, largest) = try unsafe runs.decode(part.count, into: &part)
            precondition(largest == part[..<done].max() ?? 0)
            result += part[..<done]
            if done == 0, let run = try runs.takeRepeated(limit: part.count) {
                result += Array(repeating: run.value, count: run.count)
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
            #expect(try values(bytes, bitWidth: bitWidth, count: expected.count, limit: limit) == expected)
        }
    }

    @Test func clipsAHugeRunToWhatIsAsked() throws {
        // Head 0xfffffffe: a repeated run of 2^31 - 1 values in six bytes.
        var runs = HybridRuns(Slice(copying: [0xfe, 0xff, 0xff, 0xff, 0x0f, 7]), bitWidth: 3)
        let run = try #require(try runs.takeRepeated(limit: 10))
        #expect(run == (7, 10))
    }

    @Test func aShortLastGroupGivesWhatIsThere() throws {
        // Two groups of 4-bit values are promised, five bytes follow: ten values.
        let bytes: [UInt8] = [0x05, 0x21, 0x43, 0x65, 0x87, 0xa9]
        #expect(try values(bytes, bitWidth: 4, count: 10, limit: 100) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        #expect(throws: Defect.fewerValues) { try values(bytes, bitWidth: 4, count: 11, limit: 100) }
    }

    @Test(arguments: [[0x80], [0x02], [0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0xff, 0xff, 0xff, 0xff, 0x1f]])
    func refuses(_ bytes: [UInt8]) {
        #expect(throws: Defect.self) { try values(bytes, bitWidth: 8, count: 10, limit: 10) }
    }

    @Test func emptyRunsEnd() {
        #expect(throws: Defect.fewerValues) {
            try values([UInt8](repeating: 0x01, count: 50), bitWidth: 1, count: 1, limit: 10)
        }
    }

    /// Levels and bits out of the same runs as whole values, from every start.
    @Test(arguments: 1...8)
    func levelsAndBitsAreTheSameValues(_ bitWidth: Int) throws {
        var random = SeededRandom(seed: UInt64(bitWidth))
        var bytes: [UInt8] = []
        var expected: [UInt8] = []
        for _ in 0..<60 {
            if Bool.random(using: &random) {
                let part = (0..<8 * Int.random(in: 1...20, using: &random)).map { _ in
                    UInt32.random(in: 0..<1 << UInt32(bitWidth), using: &random)
                }
                bytes += Encoded.packed(part, bitWidth: bitWidth)
                expected += part.map(UInt8.init)
            } else {
                let value = UInt32.random(in: 0..<1 << UInt32(bitWidth), using: &random)
                let count = Int.random(in: 1...200, using: &random)
                bytes += Encoded.run(value, count: count, bitWidth: bitWidth)
                expected += Array(repeating: UInt8(value), count: count)
            }
        }
        for step in [1, 5, 64, 1000] {
            var levels = HybridRuns(Slice(copying: bytes), bitWidth: bitWidth)
            var bits = levels
            let found = Slice(copying: [UInt8](repeating: 0, count: expected.count))
            let bitmap = Slice(copying: [UInt8](repeating: 0xff, count: (expected.count + 7) / 8))
            var done = 0
            while done < expected.count {
                let count = min(step, expected.count - done)
                let part = expected[done..<done + count]
                let largest = try unsafe levels.decodeLevels(count, into: found.address + done, end: .fewerValues)
                #expect(largest == part.max().map(UInt32.init))
                if bitWidth == 1 {
                    let set = try unsafe bits.decodeBits(count, into: bitmap.address, after: done, end: .fewerValues)
                    #expect(set == part.count { $0 == 1 })
                }
                done += count
            }
            #expect(found.copiedBytes() == expected)
            guard bitWidth == 1 else { continue }
            let set = expected.indices.filter { bitmap.copiedBytes()[$0 / 8] >> ($0 % 8) & 1 == 1 }
            #expect(set == expected.indices.filter { expected[$0] == 1 })
        }
    }
}
