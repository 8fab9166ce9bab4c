import CoreHarness
import Reactor
import Testing

@testable import Worker

@Suite("Turns")
struct TurnsTests {
    /// Those who wait, by number, and how each wait ended.
    private final class Crowd {
        let loop: EventLoop
        let turns: Turns
        private(set) var ends: [(number: Int, outcome: Turns.Outcome)] = []

        init(_ loop: EventLoop, limit: Int) {
            self.loop = loop
            turns = Turns(limit: limit)
        }

        func ask(_ number: Int, _ cancellation: Cancellation = Cancellation(), until deadline: UInt64? = nil) {
            loop.spawn { [self] in
                let outcome = await turns.take(cancellation, on: loop, until: deadline)
                ends.append((number, outcome))
            }
        }

        func settle() async { await loop.sleep(nanoseconds: 2_000_000) }

        var taken: [Int] { ends.filter { $0.outcome == .taken }.map(\.number) }
    }

    @Test func firstComeFirstServed() async throws {
        try await onCore(.readiness) { loop in
            let crowd = Crowd(loop, limit: 2)
            for number in 0..<5 { crowd.ask(number) }
            await crowd.settle()
            #expect(crowd.taken == [0, 1])
            #expect(!crowd.turns.isOneFree)
            for expected in 3...5 {
                crowd.turns.end()
                // Whoever comes in this moment does not overtake.
                if expected == 5 { crowd.ask(9) }
                await crowd.settle()
                #expect(crowd.taken == Array(0..<expected))
            }
            for _ in 0..<3 { crowd.turns.end() }
            await crowd.settle()
            #expect(crowd.taken == [0, 1, 2, 3, 4, 9])
            #expect(crowd.turns.takenCount == 0)
        }
    }

    @Test func whoGivesUpLeavesTheQueue() async throws {
        try await onCore(.readiness) { loop in
            let crowd = Crowd(loop, limit: 1)
            let (second, third) = (Cancellation(), Cancellation())
            crowd.ask(0)
            crowd.ask(1, second)
            crowd.ask(2, third)
            crowd.ask(3)
            await crowd.settle()
            second.cancel()
            await crowd.settle()
            #expect(crowd.ends.last?.outcome == .cancelled)
            // The turn is the third's by then, who passes it on.
            crowd.turns.end()
            third.cancel()
            await crowd.settle()
            #expect(crowd.taken == [0, 3])
            crowd.ask(4, third)
            await crowd.settle()
            #expect(crowd.ends.map(\.number) == [0, 1, 2, 3, 4])
            #expect(crowd.ends.last?.outcome == .cancelled)
            #expect(crowd.turns.takenCount == 1)
        }
    }

    @Test func theWaitHasAnEnd() async throws {
        try await onCore(.readiness) { loop in
            let crowd = Crowd(loop, limit: 1)
            crowd.ask(0, until: 0)
            crowd.ask(1, until: loop.now() + 5_000_000)
            crowd.ask(2)
            while crowd.ends.count < 2 { await loop.sleep(nanoseconds: 1_000_000) }
            #expect(crowd.ends.map(\.outcome) == [.taken, .late])
            crowd.turns.end()
            await crowd.settle()
            #expect(crowd.taken == [0, 2])
        }
    }
}
