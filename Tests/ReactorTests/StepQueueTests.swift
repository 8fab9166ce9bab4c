import Testing

@testable import Reactor

@Suite("Step queue")
struct StepQueueTests {
    private static func order(_ count: Int, of queue: inout StepQueue<Int>) -> [Int] {
        (0..<count).compactMap { _ in queue.popFirst() }
    }

    @Test func eachKindInTheOrderOfComing() {
        for hurries in [false, true] {
            var queue = StepQueue<Int>()
            #expect(queue.isEmpty)
            for number in 0..<200 { queue.append(number, hurries: hurries) }
            #expect(Self.order(200, of: &queue) == Array(0..<200))
            #expect(queue.isEmpty)
            #expect(queue.popFirst() == nil)
        }
    }

    @Test func bothKindsTakeTurns() {
        var queue = StepQueue<Int>()
        for number in 0..<4 { queue.append(number, hurries: false) }
        for number in 10..<12 { queue.append(number, hurries: true) }
        #expect(Self.order(6, of: &queue) == [10, 0, 11, 1, 2, 3])
    }

    /// One that comes back again and again has every other turn, and no more.
    @Test func nobodyIsKeptWaiting() {
        var queue = StepQueue<Int>()
        for number in 0..<3 { queue.append(number, hurries: false) }
        queue.append(10, hurries: true)
        var order: [Int] = []
        for _ in 0..<8 {
            guard let next = queue.popFirst() else { break }
            order.append(next)
            queue.append(next, hurries: next == 10)
        }
        #expect(order == [10, 0, 10, 1, 10, 2, 10, 0])
    }
}
