import Testing

@testable import S3

@Suite("Retry budget")
struct RetryBudgetTests {
    /// Each core tells the time of its own last look at the clock.
    @Test func timeMayStepBackFromCallToCall() {
        let start: UInt64 = 1_000_000_000
        var budget = RetryBudget(now: start)
        // All of the floor, and nothing for a time that has passed; then what a tenth of a second brings.
        let later = start + 100_000_000
        let times = Array(repeating: start, count: 10) + [start - 1, 0, later, start, later]
        let granted = times.map { budget.takeRetry(now: $0) }
        #expect(granted == Array(repeating: true, count: 10) + [false, false, true, false, false])
    }
}
