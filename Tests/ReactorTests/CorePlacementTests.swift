import Testing

@testable import Reactor

@Suite("Core placement")
struct CorePlacementTests {
    @Test(
        arguments: [("max 100000", nil), ("150000 100000\n", 1.5), ("", nil), ("-1 100000", nil), ("x y", nil)]
            as [(String, Double?)])
    func readsTheQuota(text: String, quota: Double?) {
        #expect(CorePlacement.quota(fromCPUMax: text) == quota)
    }

    @Test func someProcessorIsAllowed() {
        #expect(!CorePlacement.allowedProcessors().isEmpty)
        #expect(CorePlacement.defaultCoreCount() >= 1)
    }
}

@Suite("Timer heap")
struct TimerHeapTests {
    @Test func popsByDeadlineThenByAge() {
        var heap = TimerHeap()
        var order: [Int] = []
        let deadlines: [UInt64] = [5, 3, 5, 1, 9, 3]
        var timers: [TimerID] = []
        for (index, deadline) in deadlines.enumerated() {
            timers.append(heap.add(deadline: deadline) { order.append(index) })
        }
        heap.cancel(timers[3])
        #expect(heap.nextDeadline == 3)
        while let action = heap.popDue(now: 5) { action() }
        #expect(order == [1, 5, 0, 2])
        #expect(heap.nextDeadline == 9)
        #expect(heap.count == 1)
    }
}
