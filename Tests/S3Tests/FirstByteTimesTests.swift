import Randomness
import Testing

@testable import S3

@Suite("Times to the first byte")
struct FirstByteTimesTests {
    private static let millisecond: UInt64 = 1_000_000

    private static func times(_ milliseconds: some Sequence<UInt64>) -> FirstByteTimes {
        var times = FirstByteTimes()
        for value in milliseconds { times.observe(nanoseconds: value * millisecond) }
        return times
    }

    @Test func nothingIsSaidBeforeThereAreEnough() {
        #expect(FirstByteTimes().percentile95Nanoseconds == nil)
        #expect(Self.times(repeatElement(50, count: 31)).percentile95Nanoseconds == nil)
        #expect(Self.times(repeatElement(50, count: 32)).percentile95Nanoseconds == 50 * Self.millisecond)
    }

    /// The smallest time that 95 of a hundred do not exceed: the 31st of 32, the 61st of 64, the 244th of 256.
    @Test(arguments: [(32, 31), (64, 61), (256, 244)] as [(UInt64, UInt64)])
    func theRank(_ count: UInt64, _ rank: UInt64) {
        var random = SeededRandom(seed: count)
        let shuffled = (1...count).map { $0 + 100 }.shuffled(using: &random)
        #expect(Self.times(shuffled).percentile95Nanoseconds == (rank + 100) * Self.millisecond)
    }

    @Test func aNearStoreIsGivenTheFloor() {
        var times = FirstByteTimes()
        for _ in 0..<64 { times.observe(nanoseconds: 200_000) }
        #expect(times.percentile95Nanoseconds == FirstByteTimes.floorNanoseconds)
    }

    @Test func whatWasLongAgoIsForgotten() {
        let slow = repeatElement(UInt64(900), count: FirstByteTimes.capacity)
        // As long as 13 of 256 are slow, the 244th is one of them.
        let quick = repeatElement(UInt64(20), count: FirstByteTimes.capacity)
        #expect(Self.times(Array(slow) + quick.dropLast(32)).percentile95Nanoseconds == 900 * Self.millisecond)
        #expect(Self.times(Array(slow) + quick).percentile95Nanoseconds == 20 * Self.millisecond)
        #expect(Self.times(Array(slow) + quick + quick + slow).percentile95Nanoseconds == 900 * Self.millisecond)
    }

    @Test func extremesAreNumbersLikeOthers() {
        var times = FirstByteTimes()
        for value in [0, .max] as [UInt64] {
            for _ in 0..<32 { times.observe(nanoseconds: value) }
        }
        #expect(times.percentile95Nanoseconds == .max)
    }

    /// Why a copy that lost counts with the time it had taken: the percentile stays where it is, and does not if it is left out.
    @Test func thePercentileStaysWhenSlowRequestsAreCutOff() {
        func hedge(countsLosers: Bool) -> (percentile: UInt64, hedgeShare: Double) {
            var random = SeededRandom(seed: 3)
            var times = FirstByteTimes()
            var hedgeCount = 0
            let requestCount = 20_000
            for _ in 0..<requestCount {
                // One in twenty-five takes two seconds, the others 20 to 120 ms.
                let time = { (random: inout SeededRandom) -> UInt64 in
                    UInt64.random(in: 0..<25, using: &random) == 0
                        ? 2000 * Self.millisecond
                        : UInt64.random(in: 20...120, using: &random) * Self.millisecond
                }
                let first = time(&random)
                guard let limit = times.percentile95Nanoseconds, first > limit else {
                    times.observe(nanoseconds: first)
                    continue
                }
                hedgeCount += 1
                let end = min(first, limit + time(&random))
                if end == first || countsLosers { times.observe(nanoseconds: end) }
            }
            return (times.percentile95Nanoseconds ?? 0, Double(hedgeCount) / Double(requestCount))
        }
        let counted = hedge(countsLosers: true)
        #expect(counted.percentile >= 100 * Self.millisecond)
        #expect(counted.hedgeShare < 0.07)
        let uncounted = hedge(countsLosers: false)
        #expect(uncounted.percentile < counted.percentile)
        #expect(uncounted.hedgeShare > counted.hedgeShare)
    }

    @Test func coresShareWhatAnEndpointTook() {
        let state = EndpointState(now: 0)
        #expect(state.hedgeDelayNanoseconds == nil)
        for _ in 0..<32 { state.observeFirstByte(nanoseconds: 30 * Self.millisecond) }
        #expect(state.hedgeDelayNanoseconds == 30 * Self.millisecond)
    }
}
