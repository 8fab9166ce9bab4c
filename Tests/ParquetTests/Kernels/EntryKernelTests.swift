import CKernels
import Randomness
import Testing

@Suite("Entry kernels")
struct EntryKernelTests {
    private static let levels = (0...ck_best_level().rawValue).map { ck_level(rawValue: $0) }
    private static let counts = [0, 1, 31, 32, 63, 64, 65, 127, 128, 200, 255, 256, 8191, 8192, 10_000]

    private func bit(_ words: [UInt64], _ index: Int) -> Bool { words[index / 64] >> UInt64(index % 64) & 1 == 1 }

    private func bitmap(_ count: Int, _ random: inout SeededRandom) -> [UInt64] {
        var words = (0..<(count + 63) / 64).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) }
        if count % 64 != 0 { words[count / 64] &= 1 << UInt64(count % 64) - 1 }
        return words
    }

    @Test(arguments: counts)
    func rangesBecomeBits(_ count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        let bytes = (0..<count).map { _ in [0, 1, 2, 3, 127, 128, 200, 255].randomElement(using: &random)! as UInt8 }
        for (low, high) in [(0, 255), (0, 0), (255, 255), (1, 2), (2, 255), (127, 128), (0, 200)] as [(UInt8, UInt8)] {
            for level in Self.levels {
                // One word more must stay as it is.
                var words = [UInt64](repeating: .max, count: (count + 63) / 64 + 1)
                unsafe ck_in_range_at(level, bytes, count, low, high, &words)
                #expect(words.last == .max)
                for index in 0..<words.count * 64 - 64 {
                    #expect(bit(words, index) == (index < count && (low...high).contains(bytes[index])))
                }
            }
        }
    }

    @Test(arguments: counts)
    func valuesAreCountedAndFound(_ count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...2, using: &random) }
        for value: UInt8 in [0, 1, 2, 3, 255] {
            let places = bytes.indices.filter { bytes[$0] == value }
            for level in Self.levels { #expect(unsafe ck_count_value_at(level, bytes, count, value) == places.count) }
            for rank in [0, 1, places.count / 2, max(places.count, 1) - 1] where rank < places.count {
                #expect(unsafe ck_find_value(bytes, count, value, rank) == places[rank])
            }
            #expect(unsafe ck_find_value(bytes, count, value, places.count) == count)
        }
        // More equal ones than a byte counts.
        let equal = [UInt8](repeating: 7, count: count)
        for level in Self.levels { #expect(unsafe ck_count_value_at(level, equal, count, 7) == count) }
    }

    @Test(arguments: counts)
    func bitsOfSomePlacesAreMovedTogether(_ count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        let bits = bitmap(count, &random)
        for places in [
            bitmap(count, &random), bits.map { _ in 0 }, bitmap(count, &random).map { $0 & 0x0101 },
            bitmap(count, &random),
        ] {
            let chosen = (0..<count).filter { bit(places, $0) }.map { bit(bits, $0) }
            #expect(unsafe ck_count_words(places, places.count) == chosen.count)
            for level in Self.levels {
                let byteCount = (chosen.count + 7) / 8
                var target = [UInt8](repeating: 0xee, count: byteCount + 8)
                #expect(unsafe ck_compress_bits_at(level, &target, bits, places, bits.count) == chosen.count)
                // No byte beyond the last one is written, and no bit in it set.
                #expect(target[byteCount...].allSatisfy { $0 == 0xee })
                for index in 0..<byteCount * 8 {
                    #expect((target[index / 8] >> (index % 8) & 1 == 1) == (index < chosen.count && chosen[index]))
                }
            }
        }
    }

    @Test(arguments: counts)
    func offsetsCountTheElementsBefore(_ count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        let (lists, elements) = (bitmap(count, &random), bitmap(count, &random))
        var expected: [Int32] = []
        var before: Int32 = 0
        for index in 0..<count {
            if bit(lists, index) { expected.append(before) }
            before += bit(elements, index) ? 1 : 0
        }
        expected.append(before)
        var offsets = [Int32](repeating: -7, count: expected.count + 1)
        unsafe ck_list_offsets(lists, elements, lists.count, &offsets)
        #expect(offsets == expected + [-7])
    }

    @Test func stepsAreEqualOrNot() {
        #expect(unsafe ck_offsets_step_by([0], 0, 5))
        #expect(unsafe ck_offsets_step_by([0, 3, 6, 9], 3, 3))
        #expect(unsafe ck_offsets_step_by([0, 0, 0], 2, 0))
        for offsets: [Int32] in [[0, 3, 5, 9], [0, 3, 6, 8], [0, 2, 6, 9], [1, 4, 7, 10]] {
            #expect(unsafe !ck_offsets_step_by(offsets, 3, 3))
        }
        // A product that 32 bits do not hold.
        #expect(unsafe !ck_offsets_step_by([0, .max, -2], 2, .max))
    }

    @Test func offsetsGrowInPlace() {
        for count in [0, 1, 2, 3, 100] {
            let narrow = (0..<count).map { Int32($0) * 1000 - 7 }
            var bytes = narrow.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
            bytes += [UInt8](repeating: 0xee, count: 4 * count + 8)
            unsafe ck_widen_offsets(&bytes, count)
            let wide = narrow.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: Int64(value) >> (8 * $0)) } }
            #expect(bytes == wide + [UInt8](repeating: 0xee, count: 8))
        }
    }
}
