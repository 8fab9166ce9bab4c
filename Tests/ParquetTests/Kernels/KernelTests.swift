import Randomness
import Bytes
import CKernels
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("Kernels")
struct KernelTests {
    @Test func checksumMatchesTheStandardAndItself() {
        // The check value of CRC-32/ISO-HDLC.
        #expect(Kernels.crc32(Slice(copying: Array("123456789".utf8))) == 0xcbf4_3926)
        var random = SeededRandom(seed: 1)
        let bytes = (0..<3000).map { _ in UInt8.random(in: 0...255, using: &random) }
        for count in [0, 1, 15, 16, 63, 64, 65, 127, 128, 129, 1000, 2999] {
            let portable = unsafe ck_crc32_portable(0, bytes, count)
            #expect(unsafe ck_crc32(0, bytes, count) == portable)
        }
    }

    @Test(arguments: 1...32)
    func everyLevelUnpacksAlike(_ bitWidth: Int) {
        var random = SeededRandom(seed: UInt64(bitWidth))
        let mask = UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(bitWidth)) - 1)
        for (first, count) in [(0, 1), (0, 7), (0, 8), (0, 15), (3, 30), (8, 16), (5, 3), (1, 100), (16, 333)] {
            let values = (0..<first + count).map { _ in UInt32.random(in: 0...UInt32.max, using: &random) & mask }
            // Exactly as many bytes as the values take, so that the sanitizer sees a read beyond them.
            let packed = Encoded.packed(values, bitWidth: bitWidth).drop { $0 >= 0x80 }.dropFirst()
            let source = Array(packed.prefix(((first + count) * bitWidth + 7) / 8))
            for level in 0...ck_best_level().rawValue {
                var target = [UInt32](repeating: 0, count: count)
                let largest = unsafe ck_unpack_at(
                    ck_level(rawValue: level), source, source.count, UInt32(bitWidth), first, count, &target)
                #expect(target == Array(values[first...]))
                #expect(largest == values[first...].max())
            }
        }
    }

    @Test func bitsMoveToAnyPlace() {
        var random = SeededRandom(seed: 2)
        let source = (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
        func bit(_ bytes: [UInt8], _ index: Int) -> Bool { bytes[index / 8] >> (index % 8) & 1 == 1 }
        for from in [0, 1, 7, 8, 13] {
            for to in [0, 1, 5, 8, 15] {
                for count in [0, 1, 7, 8, 49, 50, 63, 64, 65, 200] {
                    var target = [UInt8](repeating: 0xff, count: 48)
                    unsafe ck_copy_bits(&target, to, source, source.count, from, count)
                    for index in 0..<to { #expect(bit(target, index)) }
                    for index in 0..<count { #expect(bit(target, to + index) == bit(source, from + index)) }
                    let set = (0..<count).filter { bit(source, from + $0) }.count
                    #expect(unsafe ck_count_bits(source, from, count) == set)
                    unsafe ck_fill_bits(&target, to, false, count)
                    for index in 0..<count { #expect(!bit(target, to + index)) }
                }
            }
        }
    }

    @Test func utf8IsJudgedLikeTheStandardLibraryDoes() {
        var random = SeededRandom(seed: 4)
        let pieces: [[UInt8]] = [
            Array("a".utf8), Array("é".utf8), Array("€".utf8), Array("𝄞".utf8), [0x80], [0xc0, 0x80],
            [0xed, 0xa0, 0x80],
            [0xf4, 0x90, 0x80, 0x80], [0xe0, 0x80, 0x80], [0xf0, 0x80, 0x80, 0x80], [0xe2, 0x82], [0xff],
        ]
        for _ in 0..<3000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<60, using: &random) {
                // Mostly good pieces, so that some texts are valid.
                let isGood = Int.random(in: 0..<50, using: &random) > 0
                bytes += isGood ? pieces[..<4].randomElement(using: &random)! : pieces.randomElement(using: &random)!
            }
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            for level in 0...ck_best_level().rawValue {
                #expect(unsafe ck_is_utf8_at(ck_level(rawValue: level), bytes, bytes.count) == isValid)
            }
            #expect(unsafe ck_is_ascii(bytes, bytes.count) == bytes.allSatisfy { $0 < 0x80 })
        }
    }

    @Test func bigEndianNumbersKeepTheirSign() {
        for width in 1...16 {
            for value in [-1, 1, -128, 127, Int64(width)] where width >= 8 || abs(value) < 1 << (8 * width - 1) {
                let source = (0..<width).reversed().map { shift -> UInt8 in
                    shift >= 8 ? (value < 0 ? 0xff : 0) : UInt8(truncatingIfNeeded: value >> (8 * Int64(shift)))
                }
                var target = [UInt8](repeating: 1, count: 16)
                unsafe ck_big_endian(&target, 16, source, width, 1)
                #expect(ColumnText.decimal(target) == String(value))
                var wide = [UInt8](repeating: 1, count: 32)
                unsafe ck_big_endian(&wide, 32, source, width, 1)
                #expect(ColumnText.decimal(wide) == String(value))
            }
        }
    }
}
