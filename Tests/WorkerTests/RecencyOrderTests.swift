import Randomness
import Testing

@testable import Worker

@Suite("Recency order")
struct RecencyOrderTests {
    private func drain(_ order: RecencyOrder<Int>) -> [Int] {
        var order = order
        var elements: [Int] = []
        while let oldest = order.oldest {
            elements.append(oldest)
            order.remove(oldest)
        }
        return elements
    }

    @Test func theOldestUseComesFirst() {
        var order = RecencyOrder<Int>()
        #expect(order.oldest == nil)
        for element in [1, 2, 3, 1, 1, 4] { order.use(element) }
        #expect(drain(order) == [2, 3, 1, 4])
        order.remove(5)
        order.remove(4)
        order.remove(2)
        #expect(drain(order) == [3, 1])
        order.remove(1)
        order.remove(3)
        #expect(order.oldest == nil)
        order.use(7)
        #expect(drain(order) == [7])
    }

    /// Against a plain list.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func behavesAsAList(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var order = RecencyOrder<Int>()
        var list: [Int] = []
        for _ in 0..<2000 {
            let element = Int.random(in: 0..<12, using: &random)
            list.removeAll { $0 == element }
            if Bool.random(using: &random) {
                order.use(element)
                list.append(element)
            } else {
                order.remove(element)
            }
            #expect(drain(order) == list)
        }
    }
}
