import CKernels
import Randomness
import Testing

/// The rarer conversions against whole numbers; `FixedConversionTests` has their limits.
@Suite("Integer kernels")
struct IntegerKernelTests {
    private func bytes(_ value: Int64, _ byteWidth: Int) -> [UInt8] {
        (0..<byteWidth).map { UInt8(truncatingIfNeeded: value >> Int64(min(63, 8 * $0))) }
    }

    /// Numbers that fit in so many bytes, the least and the largest among them.
    private func numbers(_ byteWidth: Int, _ random: inout SeededRandom) -> [Int64] {
        let shift = Int64(64 - 8 * min(byteWidth, 8))
        return [.min >> shift, .max >> shift, 0, -1, 1]
            + (0..<20).map { _ in Int64.random(in: .min ... .max, using: &random) >> shift }
    }

    @Test(arguments: 1...40, [1, 2, 4, 8, 16, 32])
    func numbersOfAnyWidthAreResized(_ byteWidth: Int, _ targetByteWidth: Int) {
        var random = SeededRandom(seed: UInt64(byteWidth))
        for value in numbers(min(byteWidth, targetByteWidth), &random) {
            let source = bytes(value, byteWidth)
            // One byte more must stay.
            var target = [UInt8](repeating: 0xee, count: targetByteWidth + 1)
            #expect(unsafe ck_resize(&target, targetByteWidth, source, byteWidth, 1))
            #expect(target == bytes(value, targetByteWidth) + [0xee])
            let reversed = Array(source.reversed())
            target = [UInt8](repeating: 0xee, count: targetByteWidth + 1)
            if targetByteWidth <= byteWidth {
                #expect(unsafe ck_big_endian_narrow(&target, targetByteWidth, reversed, byteWidth, 1))
                #expect(target == bytes(value, targetByteWidth) + [0xee])
            } else {
                unsafe ck_big_endian(&target, targetByteWidth, reversed, byteWidth, 1)
                #expect(target == bytes(value, targetByteWidth) + [0xee])
            }
        }
    }

    @Test(arguments: [1, 2, 4], [2, 4, 5, 8])
    func oneBitTooManyDoesNotFit(_ targetByteWidth: Int, _ byteWidth: Int) {
        guard targetByteWidth < byteWidth else { return }
        let largest = Int64(1) << Int64(8 * targetByteWidth - 1)
        for (value, fits) in [(largest - 1, true), (largest, false), (-largest, true), (-largest - 1, false)] {
            let source = bytes(value, byteWidth)
            var target = [UInt8](repeating: 0, count: 2 * targetByteWidth)
            #expect(unsafe ck_resize(&target, targetByteWidth, source, byteWidth, 1) == fits)
            let reversed = Array(source.reversed())
            #expect(unsafe ck_big_endian_narrow(&target, targetByteWidth, reversed, byteWidth, 1) == fits)
            // Also where only the first of two does not fit.
            let two = source + bytes(0, byteWidth)
            #expect(unsafe ck_resize(&target, targetByteWidth, two, byteWidth, 2) == fits)
        }
    }

    @Test(arguments: [4, 8, 16, 32])
    func numbersLieAnywhere(_ targetByteWidth: Int) {
        let source: [UInt8] = [9, 0xff, 0xfe, 9, 1] + [UInt8](repeating: 0x7f, count: targetByteWidth + 1)
        let views = [ck_view(start: 1, length: 2), ck_view(start: 4, length: 1), ck_view(start: 0, length: 1)]
        var target = [UInt8](repeating: 0xee, count: 3 * targetByteWidth + 1)
        #expect(unsafe ck_big_endian_views(&target, targetByteWidth, source, views, 3))
        #expect(target == bytes(-2, targetByteWidth) + bytes(1, targetByteWidth) + bytes(9, targetByteWidth) + [0xee])
        for length in [0, UInt32(targetByteWidth + 1), .max] {
            let bad = [views[0], ck_view(start: 5, length: length)]
            #expect(unsafe !ck_big_endian_views(&target, targetByteWidth, source, bad, 2))
        }
    }
}
