import CKernels
import Randomness
import Testing

@testable import Parquet

@Suite("Null kernels")
struct ExpandKernelTests {
    static let shapes = [1, 7, 8, 9, 16, 63, 64, 65, 200, 300].flatMap { rowCount in
        [0, 10, 50, 90, 100].map { (rowCount: rowCount, share: $0) }
    }

    /// Rows of which about `share` percent are valid, and their bitmap with ones behind the end.
    private func validity(_ rowCount: Int, share: Int, _ random: inout SeededRandom) -> (rows: [Bool], bits: [UInt8]) {
        let rows = (0..<rowCount).map { _ in Int.random(in: 0..<100, using: &random) < share }
        var bits = [UInt8](repeating: 0xff, count: (rowCount + 7) / 8)
        for row in 0..<rowCount where !rows[row] { bits[row / 8] &= ~(1 << (row % 8)) }
        return (rows, bits)
    }

    @Test(arguments: [1, 2, 3, 4, 8, 16, 20, 32])
    func valuesSpreadOverValidRows(_ byteWidth: Int) {
        var random = SeededRandom(seed: 3)
        for (rowCount, share) in Self.shapes {
            let (rows, bits) = validity(rowCount, share: share, &random)
            let valueCount = rows.filter(\.self).count
            var packed = [UInt8](repeating: 0xee, count: rowCount * byteWidth)
            for index in 0..<valueCount * byteWidth { packed[index] = UInt8(index % 251) }
            var next = 0
            var expected: [UInt8] = []
            for isValid in rows {
                expected += isValid ? Array(packed[next..<next + byteWidth]) : Array(repeating: 0, count: byteWidth)
                next += isValid ? byteWidth : 0
            }
            for level in 0...ck_best_level().rawValue {
                var values = packed
                unsafe ck_expand_at(ck_level(rawValue: level), &values, byteWidth, bits, rowCount, valueCount)
                #expect(values == expected)
            }
        }
    }

    @Test func offsetsSpreadOverValidRows() {
        var random = SeededRandom(seed: 4)
        for (rowCount, share) in Self.shapes {
            let (rows, bits) = validity(rowCount, share: share, &random)
            let valueCount = rows.filter(\.self).count
            let packed = (0...rowCount).map { Int32($0 <= valueCount ? 10 * $0 : -1) }
            var expected: [Int32] = [0]
            for isValid in rows { expected.append(expected[expected.count - 1] + (isValid ? 10 : 0)) }
            for level in 0...ck_best_level().rawValue {
                var offsets = packed
                unsafe ck_expand_offsets_at(ck_level(rawValue: level), &offsets, bits, rowCount, valueCount)
                #expect(offsets == expected)
            }
        }
    }
}
