import CKernels
import Randomness
import Testing

@testable import Parquet

@Suite("Delta kernels")
struct DeltaKernelTests {
    /// The integer that starts at a bit, one bit after another.
    private func integer(_ bytes: [UInt8], bit: Int, bitWidth: Int) -> UInt64 {
        (0..<bitWidth).reduce(0) { $0 | UInt64(bytes[(bit + $1) / 8] >> ((bit + $1) % 8) & 1) << UInt64($1) }
    }

    @Test(arguments: 0...64)
    func everyLevelSumsAlike(_ bitWidth: Int) {
        var random = SeededRandom(seed: UInt64(bitWidth))
        for (first, count) in [
            (0, 0), (0, 1), (0, 7), (0, 8), (0, 9), (0, 31), (0, 32), (3, 2), (3, 29), (8, 24), (5, 100), (24, 8),
            (9, 17),
        ] {
            // Exactly as many bytes as the values take, so that the sanitizer sees a read beyond them.
            let byteCount = ((first + count) * bitWidth + 7) / 8
            let source = (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
            let least = UInt64.random(in: 0...UInt64.max, using: &random)
            let previous = UInt64.random(in: 0...UInt64.max, using: &random)
            var running = previous
            let expected = (first..<first + count).map { index -> UInt64 in
                running &+= least &+ integer(source, bit: index * bitWidth, bitWidth: bitWidth)
                return running
            }
            for level in 0...ck_best_level().rawValue {
                let level = ck_level(rawValue: level)
                var wide = [UInt64](repeating: 7, count: count + 8)
                let last = unsafe wide.withUnsafeMutableBytes { target in
                    unsafe ck_delta_64_at(
                        level, source, source.count, UInt32(bitWidth), first, count, least, previous,
                        target.baseAddress?.assumingMemoryBound(to: UInt8.self))
                }
                #expect(last == running)
                #expect(wide == expected + Array(repeating: 7, count: 8))
                guard bitWidth <= 32 else { continue }
                // Sums that wrap around at 32 bits are the low halves of those that do so at 64.
                var narrow = [UInt32](repeating: 7, count: count + 16)
                let lastNarrow = unsafe narrow.withUnsafeMutableBytes { target in
                    unsafe ck_delta_32_at(
                        level, source, source.count, UInt32(bitWidth), first, count, UInt32(truncatingIfNeeded: least),
                        UInt32(truncatingIfNeeded: previous), target.baseAddress?.assumingMemoryBound(to: UInt8.self))
                }
                #expect(lastNarrow == UInt32(truncatingIfNeeded: running))
                #expect(
                    narrow == expected.map { UInt32(truncatingIfNeeded: $0) } + Array(repeating: 7, count: 16))
            }
        }
    }
}
