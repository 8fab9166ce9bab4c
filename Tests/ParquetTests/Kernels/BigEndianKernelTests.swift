import CKernels
import Randomness
import Testing

@Suite("Big-endian kernels")
struct BigEndianKernelTests {
    /// The last 16 bytes of a value with its sign in front, turned around.
    private func reference(_ value: ArraySlice<UInt8>) -> [UInt8] {
        let sign: UInt8 = value.first! & 0x80 == 0 ? 0 : 0xff
        return value.reversed() + [UInt8](repeating: sign, count: 16 - value.count)
    }

    @Test(arguments: 1...16)
    func everyLevelTurnsValuesAround(_ width: Int) {
        var random = SeededRandom(seed: UInt64(width))
        for count in [0, 1, 2, 3, 4, 5, 7, 8, 33, 100] {
            // Exactly as many bytes as the values take, so that the sanitizer sees a read or a write beyond them.
            let source = (0..<count * width).map { _ in UInt8.random(in: 0...255, using: &random) }
            let expected = (0..<count).flatMap { reference(source[$0 * width..<($0 + 1) * width]) }
            for level in 0...ck_best_level().rawValue {
                var target = [UInt8](repeating: 0x55, count: count * 16)
                unsafe ck_big_endian_at(ck_level(rawValue: level), &target, 16, source, width, count)
                #expect(target == expected)
            }
        }
    }
}
