import Randomness
import Testing

@testable import Bytes

@Suite("Granule map")
struct GranuleMapTests {
    @Test func lendsTheLowestRunThatIsLongEnough() {
        var map = GranuleMap(pageCount: 2)
        #expect(map.take(3) == 0)
        #expect(map.take(100) == 3)
        #expect(map.take(30) == 103)
        map.giveBack(3..<103)
        #expect(map.take(101) == 133)
        #expect(map.take(60) == 3)
        #expect(map.take(41) == nil)
        #expect(map.take(40) == 63)
        #expect(map.take(22) == 234)
        #expect(map.take(1) == nil)
        map.giveBack(255..<256)
        #expect(map.take(1) == 255)
    }

    @Test func neighboursThatComeBackAreOneRun() {
        var map = GranuleMap(pageCount: 1)
        for first in 0..<128 { #expect(map.take(1) == first) }
        for first in [63, 65, 62, 64, 66] { map.giveBack(first..<first + 1) }
        #expect(map.take(6) == nil)
        #expect(map.take(5) == 62)
    }

    @Test func aPageIsResidentFromItsFirstUseUntilItIsDropped() {
        var map = GranuleMap(pageCount: 4)
        #expect(map.dropPage() == nil)
        #expect(map.take(129) == 0)
        #expect(map.residentPageCount == 2)
        #expect(map.dropPage() == nil)
        #expect(map.take(127 + 128) == 129)
        #expect(map.residentPageCount == 3)
        map.giveBack(0..<129)
        #expect(map.dropPage() == 0)
        map.giveBack(129..<129 + 255)
        #expect(map.dropPage() == 2)
        #expect(map.residentPageCount == 1)
        #expect(map.take(384) == 0)
        #expect(map.residentPageCount == 3)
    }

    /// Nothing is lent twice, and what is refused is not there.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func anyOrderOfTakingAndGivingBack(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var map = GranuleMap(pageCount: 3)
        var isLent = [Bool](repeating: false, count: 384)
        var lent: [Range<Int>] = []
        for _ in 0..<4_000 {
            if lent.isEmpty || Bool.random(using: &random) {
                let count = Int.random(in: 1...Int.random(in: 1...200, using: &random), using: &random)
                let expected = (0...max(0, 384 - count)).first { start in
                    start + count <= 384 && !isLent[start..<start + count].contains(true)
                }
                let start = map.take(count)
                #expect(start == expected)
                guard let start else { continue }
                lent.append(start..<(start + count))
                for granule in start..<(start + count) { isLent[granule] = true }
            } else {
                let range = lent.remove(at: Int.random(in: lent.indices, using: &random))
                map.giveBack(range)
                for granule in range { isLent[granule] = false }
            }
            if Int.random(in: 0..<16, using: &random) == 0, let page = map.dropPage() {
                #expect(!isLent[page * 128..<(page + 1) * 128].contains(true))
            }
        }
    }
}
