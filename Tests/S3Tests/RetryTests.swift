import Randomness
import Testing

@testable import S3

@Suite("Retries")
struct RetryTests {
    private static let second: UInt64 = 1_000_000_000

    private static func attempts(_ policy: RetryPolicy = RetryPolicy(), _ state: EndpointState? = nil) -> Attempts {
        Attempts(policy: policy, state: state ?? EndpointState(now: 0))
    }

    private static func step(
        _ attempts: inout Attempts, after error: S3Error, isProgress: Bool = false, now: UInt64 = 0
    ) -> Attempts.Step {
        var random = SeededRandom(seed: 1)
        return attempts.step(
            after: error, isProgress: isProgress, now: now, secondsSince1970: 1000, using: &random)
    }

    // MARK: Waiting

    @Test func theLongestWaitDoublesUpToTheCap() {
        let policy = RetryPolicy(attemptLimit: 99, baseNanoseconds: 100, capNanoseconds: 1000)
        let limits: [(Int, UInt64)] = [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (60, 1000)]
        for (failureCount, limit) in limits {
            var random = SeededRandom(seed: 7)
            let delays = (0..<2000).map { _ in
                policy.delay(failureCount: failureCount, retryAfterSeconds: nil, using: &random)
            }
            #expect(delays.allSatisfy { $0 <= limit })
            // All of the time is used, so that those who failed together do not come again together.
            #expect(delays.min() ?? .max < limit / 10)
            #expect(delays.max() ?? 0 > limit / 10 * 9)
        }
    }

    @Test func theStoresWishIsHeededUpToTheCap() {
        let policy = RetryPolicy()
        var random = SeededRandom(seed: 7)
        #expect(policy.delay(failureCount: 1, retryAfterSeconds: 2, using: &random) == 2 * Self.second)
        for seconds in [6, 1 << 62, .max] as [UInt64] {
            #expect(policy.delay(failureCount: 1, retryAfterSeconds: seconds, using: &random) == 5 * Self.second)
        }
        #expect(policy.delay(failureCount: 1, retryAfterSeconds: 0, using: &random) <= 50_000_000)
    }

    // MARK: Budget

    @Test func timeAllowsTenASecond() {
        var budget = RetryBudget(now: 0)
        #expect((0..<20).count { _ in budget.takeRetry(now: 0) } == 10)
        #expect((0..<20).count { _ in budget.takeRetry(now: Self.second / 2) } == 5)
        #expect((0..<20).count { _ in budget.takeRetry(now: 100 * Self.second) } == 10)
    }

    /// Copies of slow requests come out of the fifth only, so that the ten a second are there when the copies were in vain.
    @Test func hedgesLeaveWhatTimeAllowsToRetries() {
        var budget = RetryBudget(now: 0)
        #expect((0..<5).count { _ in budget.takeHedge() } == 0)
        for _ in 0..<101 { budget.requestStarts() }
        #expect((0..<50).count { _ in budget.takeHedge() } == 20)
        #expect((0..<50).count { _ in budget.takeRetry(now: 0) } == 10)
        for _ in 0..<101 { budget.requestStarts() }
        #expect((0..<50).count { _ in budget.takeRetry(now: 0) } == 20)
        #expect((0..<5).count { _ in budget.takeHedge() } == 0)
    }

    @Test func requestsAllowAFifthOfTheirNumber() {
        var budget = RetryBudget(now: 0)
        for _ in 0..<100 { budget.requestStarts() }
        // Saved up in steps of a fifth; the rounding of a sum of them may cost one.
        #expect((29...30).contains((0..<99).count { _ in budget.takeRetry(now: 0) }))
        for _ in 0..<1_000_000 { budget.requestStarts() }
        #expect((0..<1000).count { _ in budget.takeRetry(now: 0) } == 100)
    }

    @Test func whenTheBudgetIsGoneNothingIsTriedAgain() {
        let state = EndpointState(now: 0)
        var steps: [Attempts.Step] = []
        for _ in 0..<30 {
            var attempts = Self.attempts(RetryPolicy(), state)
            steps.append(Self.step(&attempts, after: .connectionClosed))
        }
        // Ten of the floor and what thirty requests have saved.
        #expect((15...16).contains(steps.count { $0 != .budgetIsGone }))
        var late = Self.attempts(RetryPolicy(), state)
        #expect(Self.step(&late, after: .connectionClosed, now: Self.second) != .budgetIsGone)
    }

    // MARK: What is tried

    @Test func soManyTriesAndNoMore() {
        var attempts = Self.attempts(RetryPolicy(attemptLimit: 3))
        for expectsRetry in [true, true, false] {
            let step = Self.step(&attempts, after: .unavailable(status: 503, code: "SlowDown", retryAfterSeconds: nil))
            #expect((step != .giveUp) == expectsRetry)
        }
    }

    @Test func aTryThatMovedForwardIsNoFailure() {
        var attempts = Self.attempts(RetryPolicy(attemptLimit: 2))
        #expect(Self.step(&attempts, after: .connectionClosed) != .giveUp)
        for _ in 0..<5 { #expect(Self.step(&attempts, after: .connectionClosed, isProgress: true) != .giveUp) }
        #expect(Self.step(&attempts, after: .connectionClosed) != .giveUp)
        #expect(Self.step(&attempts, after: .connectionClosed) == .giveUp)
    }

    @Test(arguments: [
        S3Error.notFound(.object), .accessDenied, .changed, .rangeNotSatisfiable(objectByteCount: 1),
        .plainHTTPNotAllowed, .rejected(status: 400, code: ""), .malformedResponse(.wrongRange),
        .unauthenticated(.signatureMismatch),
        .clockSkewed(serverSecondsSince1970: nil), .redirected(status: 301, region: nil, location: "http://x/"),
    ])
    func whatAnotherTryCannotMend(_ error: S3Error) {
        var attempts = Self.attempts()
        #expect(Self.step(&attempts, after: error) == .giveUp)
    }

    @Test func theStoresClockIsTakenOverOnce() {
        let state = EndpointState(now: 0)
        var attempts = Self.attempts(RetryPolicy(), state)
        #expect(Self.step(&attempts, after: .clockSkewed(serverSecondsSince1970: 400)) == .again(afterNanoseconds: 0))
        #expect(state.clockOffsetSeconds == -600)
        #expect(Self.step(&attempts, after: .clockSkewed(serverSecondsSince1970: 401)) == .giveUp)
        #expect(state.clockOffsetSeconds == -600)
    }

    @Test func redirectsAreFollowedTwiceAndTheRegionOnce() {
        var attempts = Self.attempts()
        let temporary = S3Error.redirected(status: 307, region: nil, location: "http://a/b")
        #expect(Self.step(&attempts, after: temporary) == .at(location: "http://a/b"))
        #expect(Self.step(&attempts, after: temporary) == .at(location: "http://a/b"))
        #expect(Self.step(&attempts, after: temporary) == .giveUp)
        let permanent = S3Error.redirected(status: 301, region: "eu-west-1", location: nil)
        #expect(Self.step(&attempts, after: permanent) == .inRegion("eu-west-1"))
        #expect(Self.step(&attempts, after: permanent) == .giveUp)
    }

    @Test func expiredKeysWantNewerOnes() {
        var attempts = Self.attempts()
        #expect(Self.step(&attempts, after: .unauthenticated(.expiredToken)) == .withNewerKeys)
        #expect(Self.step(&attempts, after: .unauthenticated(.invalidToken)) == .withNewerKeys)
    }

    // MARK: Endpoints

    @Test func anEndpointKeepsItsState() throws {
        let states = EndpointStates()
        let first = try Endpoint.parse("http://a:9000", region: "", allowHTTP: true)
        let same = try Endpoint.parse("http://a:9000/base", region: "eu", allowHTTP: true)
        let other = try Endpoint.parse("http://a:9001", region: "", allowHTTP: true)
        #expect(states.state(of: first, now: 0) === states.state(of: same, now: 5))
        #expect(states.state(of: first, now: 0) !== states.state(of: other, now: 0))
        // Tickets cannot fill the memory with endpoints.
        let kept = states.state(of: first, now: 0)
        for port in 1...UInt16(EndpointStates.limit) {
            _ = states.state(of: try Endpoint.parse("http://b:\(port)", region: "", allowHTTP: true), now: 0)
        }
        #expect(states.state(of: first, now: 0) !== kept)
    }
}
