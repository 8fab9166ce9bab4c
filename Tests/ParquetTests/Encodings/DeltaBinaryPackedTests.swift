import Bytes
import ParquetFixtures
import Randomness
import Testing

@testable import Parquet

@Suite("DELTA_BINARY_PACKED")
struct DeltaBinaryPackedTests {
    /// All values, `step` at a time.
    private func values(_ bytes: [UInt8], byteWidth: Int, step: Int = 1000) throws(Defect) -> [Int64] {
        var deltas = try DeltaBinaryPacked(Slice(copying: bytes), byteWidth: byteWidth)
        var result: [Int64] = []
        while deltas.remaining > 0 {
            let count = min(step, deltas.remaining)
            let target = Slice(Block.allocate(capacity: count * byteWidth), offset: 0, count: count * byteWidth)
            try deltas.decode(count, into: target)
            let found = target.copiedBytes()
            for index in 0..<count {
                let bits = (0..<byteWidth).reduce(UInt64(0)) {
                    $0 | UInt64(found[index * byteWidth + $1]) << UInt64(8 * $1)
                }
                result.append(byteWidth == 4 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits))
            }
        }
        return result
    }

    private func failure(_ bytes: [UInt8], byteWidth: Int = 8) -> String? {
        do throws(Defect) {
            _ = try values(bytes, byteWidth: byteWidth)
            return nil
        } catch { return error.what }
    }

    // Encodings.md, "Delta Encoding", examples 1 and 2, in blocks of 128.
    // Block size 128, 4 miniblocks, 5 values, first 1 (zigzag 2); least delta 1 (zigzag 2), widths 0.
    private static let rising: [UInt8] = [0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0]
    // 8 values, first 7 (zigzag 14); least delta -2 (zigzag 3), widths 2, 0, 0, 0; 0 0 0 3, 3 3 3 0, nothing.
    private static let falling: [UInt8] = [0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0]

    @Test(arguments: [4, 8])
    func readsTheExamplesOfTheSpecification(_ byteWidth: Int) throws {
        for step in [1, 2, 3, 100] {
            #expect(try values(Self.rising, byteWidth: byteWidth, step: step) == [1, 2, 3, 4, 5])
            #expect(try values(Self.falling, byteWidth: byteWidth, step: step) == [7, 5, 3, 1, 2, 3, 4, 5])
        }
    }

    @Test func oneValueNeedsNoBlock() throws {
        #expect(try values([0x80, 1, 4, 1, 9], byteWidth: 4) == [-5])
        #expect(try values([0x80, 1, 4, 0, 0], byteWidth: 8) == [])
        // A count of no values may have any first value.
        #expect(try values([0x80, 1, 4, 0, 9], byteWidth: 8) == [])
    }

    @Test func sumsWrapAround() throws {
        let wide = [Int64.max, .min, .max, 0, .min, -1, .min]
        #expect(try values(Encoded.deltas(wide), byteWidth: 8) == wide)
        let narrow = [Int64(Int32.max), Int64(Int32.min), 0, Int64(Int32.min), Int64(Int32.max), -1]
        #expect(try values(Encoded.deltas(narrow, is32Bit: true), byteWidth: 4) == narrow)
        // Some writers take the differences of 32-bit values in 64 bits; sums of the low halves are the same.
        let bytes: [UInt8] =
            [0x80, 1, 4, 2] + Encoded.zigzag(Int64(Int32.max)) + Encoded.zigzag(1 << 32 | 1) + [0, 0, 0, 0]
        #expect(try values(bytes, byteWidth: 4) == [Int64(Int32.max), Int64(Int32.min)])
    }

    @Test(arguments: [(4, 32), (8, 64)])
    func everyWidthUpToTheTypesIsRead(_ byteWidth: Int, _ widest: Int) throws {
        var random = SeededRandom(seed: 1)
        for bitWidth in 0...widest {
            let mask = bitWidth == 64 ? UInt64.max : (1 << UInt64(bitWidth)) - 1
            let packed = (0..<32).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) & mask }
            let bytes: [UInt8] =
                [0x80, 1, 4, 33, 0, 0, UInt8(bitWidth), 0, 0, 0] + Encoded.bits(packed, bitWidth: bitWidth)
            var sum: UInt64 = 0
            let expected =
                [0]
                + packed.map { delta -> Int64 in
                    sum &+= delta
                    return byteWidth == 4 ? Int64(Int32(truncatingIfNeeded: sum)) : Int64(bitPattern: sum)
                }
            for step in [1, 5, 32, 100] { #expect(try values(bytes, byteWidth: byteWidth, step: step) == expected) }
            #expect(
                failure([0x80, 1, 4, 33, 0, 0, UInt8(widest + 1), 0, 0, 0], byteWidth: byteWidth)
                    == "deltas of \(widest + 1) bits")
        }
    }

    @Test func blocksFollowOneAnother() throws {
        var random = SeededRandom(seed: 2)
        for (blockSize, miniblockCount) in [(128, 4), (128, 1), (128, 2), (256, 4), (256, 8), (1024, 32)] {
            for count in [2, 32, 33, 34, 128, 129, 130, 257, 1000] {
                let numbers = (0..<count).map { _ in
                    Int64.random(in: -1 << Int64.random(in: 0..<60, using: &random)...1000, using: &random)
                }
                let bytes = Encoded.deltas(numbers, blockSize: blockSize, miniblockCount: miniblockCount)
                for step in [1, 31, 100, 1000] { #expect(try values(bytes, byteWidth: 8, step: step) == numbers) }
            }
        }
    }

    @Test func theEndIsToldFromTheHeads() throws {
        for count in [0, 1, 2, 33, 34, 129, 130, 1000] {
            let bytes = Encoded.deltas((0..<Int64(count)).map { $0 * $0 }, is32Bit: true)
            let deltas = try DeltaBinaryPacked(Slice(copying: bytes + [1, 2, 3]), byteWidth: 4)
            #expect(try deltas.end() == bytes.count)
        }
    }

    /// The last miniblock may end behind its last value, but something has to follow where the end matters.
    @Test func theLastMiniblockMayBeCutBehindItsLastValue() throws {
        #expect(try values(Array(Self.falling[..<12]), byteWidth: 8) == [7, 5, 3, 1, 2, 3, 4, 5])
        #expect(failure(Array(Self.falling[..<11])) == "a delta block ends early")
        #expect(throws: Defect("a delta block ends early")) {
            try DeltaBinaryPacked(Slice(copying: Array(Self.falling[..<12])), byteWidth: 4).end()
        }
    }

    @Test func everyCutIsAnError() throws {
        let bytes = Encoded.deltas((0..<300).map { Int64($0 * $0 % 77) })
        // Behind the last of 299 deltas the third block's second miniblock has padding: 299 - 256 - 32 = 11 values.
        let numbers = try values(bytes, byteWidth: 8)
        for count in bytes.indices {
            let cut = Array(bytes[..<count])
            if let found = try? values(cut, byteWidth: 8) {
                #expect(found == numbers)
                #expect(count > bytes.count - 32)
            }
        }
    }

    @Test(
        arguments: [
            ([0, 4, 5, 2], "a delta block of 0 values"),
            ([64, 2, 5, 2], "a delta block of 64 values"),
            ([0xc0, 1, 2, 5, 2], "a delta block of 192 values"),
            // 2^31 and 2^63 + 128.
            ([0x80, 0x80, 0x80, 0x80, 8, 4, 5, 2], "a delta block of 2147483648 values"),
            (
                [0x80, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 4, 5, 2],
                "a delta block of 9223372036854775936 values"
            ),
            ([0x80, 1, 0, 5, 2], "0 miniblocks in a delta block of 128 values"),
            ([0x80, 1, 3, 5, 2], "3 miniblocks in a delta block of 128 values"),
            // 16 and 1 values in a miniblock.
            ([0x80, 1, 8, 5, 2], "8 miniblocks in a delta block of 128 values"),
            ([0x80, 1, 0x80, 1, 5, 2], "128 miniblocks in a delta block of 128 values"),
            // More miniblocks than values: no value in each.
            ([0x80, 1, 0x80, 2, 5, 2], "256 miniblocks in a delta block of 128 values"),
            // 384 values in 8 miniblocks of 48.
            ([0x80, 3, 8, 5, 2], "8 miniblocks in a delta block of 384 values"),
            ([0x80, 1, 4, 0x80, 0x80, 0x80, 0x80, 8, 2], "2147483648 delta-encoded values"),
            ([], "an integer ends early"), ([0x80, 1, 4, 5], "an integer ends early"),
            (
                [0x80, 1, 4, 0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2, 0],
                "an integer has more than 64 bits"
            ),
        ] as [([UInt8], String)])
    func refusesHeads(_ bytes: [UInt8], _ message: String) {
        #expect(failure(bytes + (bytes.count > 4 ? [0, 0, 0, 0, 0, 0] : [])) == message)
    }

    @Test func aLargeBlockNeedsTheBytesOfItsWidths() {
        // 2^31 - 128 values in blocks of as many, 2^26 - 4 miniblocks, of which no width is there.
        let head = Encoded.varint(1 << 31 - 128) + Encoded.varint(1 << 26 - 4) + [9, 0, 0]
        #expect(failure(head + [0, 0, 0]) == "a delta block ends early")
    }

    @Test func moreValuesThanTheHeadSaysAreRefused() throws {
        var deltas = try DeltaBinaryPacked(Slice(copying: Self.rising), byteWidth: 4)
        let target = Slice(Block.allocate(capacity: 24), offset: 0, count: 24)
        #expect(throws: Defect.fewerValues) { try deltas.decode(6, into: target) }
        try deltas.decode(5, into: target)
        try deltas.decode(0, into: target)
        #expect(throws: Defect.fewerValues) { try deltas.decode(1, into: target) }
    }
}
