import CKernels
import ParquetFixtures
import Randomness
import Testing

@testable import Parquet

@Suite("Level kernels")
struct LevelKernelTests {
    @Test(arguments: 1...8)
    func everyLevelUnpacksAlike(_ bitWidth: Int) {
        var random = SeededRandom(seed: UInt64(bitWidth))
        for (first, count) in [
            (0, 0), (0, 1), (0, 7), (0, 8), (3, 2), (3, 30), (8, 16), (0, 63), (0, 64), (0, 65), (5, 128), (16, 333),
        ] {
            let values = (0..<first + count).map { _ in UInt32.random(in: 0..<1 << UInt32(bitWidth), using: &random) }
            // Exactly as many bytes as the values take, so that the sanitizer sees a read beyond them.
            let packed = Encoded.packed(values, bitWidth: bitWidth).drop { $0 >= 0x80 }.dropFirst()
            let source = Array(packed.prefix(((first + count) * bitWidth + 7) / 8))
            for level in 0...ck_best_level().rawValue {
                var target = [UInt8](repeating: 0xee, count: count + 64)
                let largest = unsafe ck_unpack_levels_at(
                    ck_level(rawValue: level), source, source.count, UInt32(bitWidth), first, count, &target)
                #expect(target == values[first...].map { UInt8($0) } + Array(repeating: 0xee, count: 64))
                #expect(UInt32(largest) == values[first...].max() ?? 0)
            }
        }
    }
}
