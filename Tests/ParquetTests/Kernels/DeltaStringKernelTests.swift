import CKernels
import Randomness
import Testing

@Suite("Delta string kernels")
struct DeltaStringKernelTests {
    private func views(_ lengths: [UInt32], from offset: Int, byteCount: Int) -> (end: Int, views: [ck_view]) {
        var views = [ck_view](repeating: ck_view(start: 7, length: 7), count: lengths.count)
        let end = unsafe ck_length_views(lengths, lengths.count, offset, byteCount, &views)
        return (end, views)
    }

    @Test func lengthsBecomePlaces() {
        let (end, found) = views([2, 0, 3], from: 5, byteCount: 10)
        #expect(end == 10)
        #expect(found.map(\.start) == [5, 7, 7])
        #expect(found.map(\.length) == [2, 0, 3])
        #expect(views([], from: 5, byteCount: 5).end == 5)
        #expect(views([0], from: 5, byteCount: 5).end == 5)
        for lengths: [UInt32] in [[2, 0, 4], [6], [5, 1], [.max], [1, .max], [1 << 31]] {
            #expect(views(lengths, from: 5, byteCount: 10).end == -1, "\(lengths)")
        }
    }

    private func parts(
        _ prefixes: [UInt32], _ suffixes: [UInt32], previous: UInt32, byteCount: Int
    ) -> (used: Int, last: UInt32, total: UInt64) {
        var parts = [ck_prefixed](repeating: ck_prefixed(), count: prefixes.count)
        var last = previous
        var total: UInt64 = 100
        let used = unsafe ck_prefixed_parts(prefixes, suffixes, prefixes.count, &last, byteCount, &parts, &total)
        if used >= 0 {
            #expect(parts.map(\.prefix) == prefixes)
            #expect(parts.map(\.suffix) == suffixes)
            var suffixSum: UInt64 = 0
            #expect(unsafe ck_sum_prefixed_lengths(parts, parts.count, &suffixSum) == total - 100)
            #expect(suffixSum == UInt64(used))
        }
        return (used, last, total)
    }

    @Test func prefixesAreAtMostAsLongAsTheStringBefore() {
        // Strings of 5, 3 and 3 bytes.
        let found = parts([2, 1, 3], [3, 2, 0], previous: 2, byteCount: 5)
        #expect(found == (5, 3, 111))
        for (prefixes, suffixes, byteCount) in [
            ([3], [0], 9), ([2, 6], [3, 0], 9), ([.max], [0], 9), ([0], [10], 9), ([0, 0], [5, 5], 9),
            ([0], [.max], 9), ([2, 0], [9, .max], 9),
        ] as [([UInt32], [UInt32], Int)] {
            #expect(parts(prefixes, suffixes, previous: 2, byteCount: byteCount).used == -1, "\(prefixes) \(suffixes)")
        }
    }

    /// Source and target in memory of exactly their size and slack.
    @Test(arguments: 0..<50)
    func stringsAreBuiltFromTheirNeighbours(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let previous = (0..<Int.random(in: 0...90, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        var before = previous
        var parts: [ck_prefixed] = []
        var suffixes: [UInt8] = []
        var expected: [UInt8] = []
        var starts: [Int32] = []
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            let prefix = before.prefix(Int.random(in: 0...before.count, using: &random))
            let suffix = (0..<Int.random(in: 0...[0, 3, 17, 100].randomElement(using: &random)!, using: &random)).map {
                _ in UInt8.random(in: 0...255, using: &random)
            }
            parts.append(ck_prefixed(prefix: UInt32(prefix.count), suffix: UInt32(suffix.count)))
            before = prefix + suffix
            suffixes += suffix
            starts.append(Int32(3 + expected.count))
            expected += before
        }
        for level in 0...ck_best_level().rawValue {
            var target = [UInt8](repeating: 0xee, count: 3 + expected.count + Int(CK_COPY_SLACK))
            var offsets = [Int32](repeating: -1, count: parts.count)
            let end = unsafe ck_copy_prefixed_at(
                ck_level(rawValue: level), suffixes, suffixes.count, parts, parts.count, previous, &target, &offsets, 3)
            #expect(end == 3 + expected.count)
            #expect(offsets == starts)
            #expect(Array(target[3..<end]) == expected)
            #expect(target[..<3].allSatisfy { $0 == 0xee })
        }
    }

    @Test func viewsAreMadeOfOffsets() {
        let data = Array("twelve bytes!thirteen bytes".utf8)
        var views = [UInt8](repeating: 0xee, count: 3 * 16 + 8)
        unsafe ck_make_views(&views, data, [0, 12, 12, 27], 3)
        let long: [UInt8] = [15, 0, 0, 0] + Array("!thi".utf8) + [0, 0, 0, 0, 12, 0, 0, 0]
        #expect(
            views == [12, 0, 0, 0] + Array("twelve bytes".utf8) + [UInt8](repeating: 0, count: 16) + long
                + [UInt8](repeating: 0xee, count: 8))
    }
}
