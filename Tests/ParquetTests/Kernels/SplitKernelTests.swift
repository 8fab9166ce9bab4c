import CKernels
import Randomness
import Testing

@testable import Parquet

@Suite("Byte stream split kernels")
struct SplitKernelTests {
    @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 12, 16, 20, 33])
    func everyLevelJoinsAlike(_ byteWidth: Int) {
        var random = SeededRandom(seed: UInt64(byteWidth))
        for (first, count, rest) in [
            (0, 0, 0), (0, 1, 0), (0, 31, 0), (0, 32, 1), (1, 33, 0), (0, 63, 0), (0, 64, 0), (5, 64, 2), (3, 65, 0),
            (0, 127, 9), (0, 128, 0), (7, 300, 0),
        ] {
            // The last stream ends where the memory ends, so that the sanitizer sees a read beyond it.
            let streamByteCount = first + count + rest
            let source = (0..<streamByteCount * byteWidth).map { _ in UInt8.random(in: 0...255, using: &random) }
            let expected = (0..<count * byteWidth).map { index in
                source[index % byteWidth * streamByteCount + first + index / byteWidth]
            }
            for level in 0...ck_best_level().rawValue {
                var target = [UInt8](repeating: 7, count: count * byteWidth + 64)
                unsafe ck_byte_stream_split_at(
                    ck_level(rawValue: level), source, streamByteCount, byteWidth, first, count, &target)
                #expect(target == expected + Array(repeating: 7, count: 64))
            }
        }
    }
}
