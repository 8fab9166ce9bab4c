import Testing

@testable import Http2

@Suite("Token bucket")
struct TokenBucketTests {
    /// Takes once at each time.
    private func takes(_ bucket: TokenBucket, at times: [UInt64]) -> [Bool] {
        var bucket = bucket
        return times.map { bucket.take(nowNanoseconds: $0) }
    }

    @Test func allowsTheBurstThenTheRate() {
        let times: [UInt64] = [5, 5, 5, 5, 499_999_999, 500_000_005, 500_000_005]
        let taken = takes(TokenBucket(burst: 3, refillPerSecond: 2), at: times)
        #expect(taken == [true, true, true, false, false, true, false])
    }

    @Test func survivesClocksThatJump() {
        let bucket = TokenBucket(burst: 2, refillPerSecond: 1000)
        #expect(takes(bucket, at: [.max - 1, 0, 7]) == [true, true, false])
        #expect(takes(bucket, at: [0, .max, .max, .max]) == [true, true, true, false])
    }
}
