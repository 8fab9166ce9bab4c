/// Which granules of a region of memory are lent, and which of its pages the kernel has filled.
///
/// Lends the lowest run that is long enough, so that what is used again is warm and the free rest lies together at the end.
///
/// - Shape: a granule is 16 KiB, a page 2 MiB, as the processor's large pages are.
/// - Cost: a search looks at 64 granules at a time, and not at all when an earlier one found no run that long.
struct GranuleMap {
    static let granuleByteCount = 16 << 10
    static let pageByteCount = 2 << 20
    private static let granulesPerPage = pageByteCount / granuleByteCount
    private static let wordsPerPage = granulesPerPage / UInt64.bitWidth

    /// A bit for each granule, set where it is free.
    private var free: [UInt64]
    private var isResident: [Bool]
    private(set) var residentPageCount = 0
    /// No free run is longer.
    private var longestRun: Int

    /// All granules are free, and no page is resident.
    init(pageCount: Int) {
        free = Array(repeating: .max, count: pageCount * Self.wordsPerPage)
        isResident = Array(repeating: false, count: pageCount)
        longestRun = pageCount * Self.granulesPerPage
    }

    /// Lends `count` neighbours; nil when so many are not free.
    ///
    /// - Returns: the first.
    mutating func take(_ count: Int) -> Int? {
        precondition(count > 0)
        guard count <= longestRun, let start = firstRun(of: count) else { return nil }
        mark(start..<start + count, isFree: false)
        for page in start / Self.granulesPerPage...(start + count - 1) / Self.granulesPerPage where !isResident[page] {
            isResident[page] = true
            residentPageCount += 1
        }
        return start
    }

    /// Takes lent granules back.
    mutating func giveBack(_ granules: Range<Int>) {
        mark(granules, isFree: true)
        longestRun = free.count * UInt64.bitWidth
    }

    /// The highest resident page without a lent granule, which counts as resident no longer.
    mutating func dropPage() -> Int? {
        guard let page = isResident.indices.last(where: { isResident[$0] && isFree(page: $0) }) else { return nil }
        isResident[page] = false
        residentPageCount -= 1
        return page
    }

    private func isFree(page: Int) -> Bool {
        free[page * Self.wordsPerPage..<(page + 1) * Self.wordsPerPage].allSatisfy { $0 == .max }
    }

    private mutating func firstRun(of count: Int) -> Int? {
        var longest = 0
        var run = 0
        for (index, word) in free.enumerated() {
            var position = 0
            while position < UInt64.bitWidth {
                let rest = word >> UInt64(position)
                let freeCount = min((~rest).trailingZeroBitCount, UInt64.bitWidth - position)
                run += freeCount
                position += freeCount
                if run >= count { return index * UInt64.bitWidth + position - run }
                guard position < UInt64.bitWidth else { break }
                longest = max(longest, run)
                run = 0
                position += (word >> UInt64(position)).trailingZeroBitCount
            }
        }
        longestRun = max(longest, run)
        return nil
    }

    private mutating func mark(_ granules: Range<Int>, isFree: Bool) {
        var next = granules.lowerBound
        while next < granules.upperBound {
            let (word, bit) = next.quotientAndRemainder(dividingBy: UInt64.bitWidth)
            let count = min(UInt64.bitWidth - bit, granules.upperBound - next)
            let mask = (UInt64.max >> UInt64(UInt64.bitWidth - count)) << UInt64(bit)
            precondition(free[word] & mask == (isFree ? 0 : mask), "granules lent or given back twice")
            free[word] ^= mask
            next += count
        }
    }
}
