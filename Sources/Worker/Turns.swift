import Reactor

/// A limited number of turns, given in the order of asking.
///
/// - Ownership: lives on one core; whoever took a turn ends it.
final class Turns {
    /// How the wait for a turn ended.
    enum Outcome {
        case taken, cancelled
        /// The time to wait has passed.
        case late
    }

    private final class Place {
        let change = Suspension()
        var hasCome = false
    }

    private let limit: Int
    /// As long as any wait, all are taken.
    private(set) var takenCount = 0
    private var waiting: [Place] = []

    init(limit: Int) {
        precondition(limit > 0)
        self.limit = limit
    }

    /// Whether the next who asks need not wait.
    var isOneFree: Bool { takenCount < limit }

    /// Takes a turn, or waits for one.
    ///
    /// - Parameters:
    ///   - cancellation: ends the wait.
    ///   - deadline: on the loop's clock, also ends the wait; nil for none.
    func take(_ cancellation: Cancellation, on loop: EventLoop, until deadline: UInt64? = nil) async -> Outcome {
        if cancellation.isCancelled { return .cancelled }
        guard !isOneFree else {
            takenCount += 1
            return .taken
        }
        let place = Place()
        waiting.append(place)
        let registration = cancellation.register { place.change.wake() }
        let timer = deadline.map { loop.schedule(at: $0) { place.change.wake() } }
        await place.change.wait()
        cancellation.unregister(registration)
        if let timer { loop.cancel(timer) }
        if cancellation.isCancelled {
            if place.hasCome { end() } else { leave(place) }
            return .cancelled
        }
        if place.hasCome { return .taken }
        leave(place)
        return .late
    }

    /// Hands the turn to whoever waits longest, so that no later one overtakes.
    func end() {
        precondition(takenCount > 0)
        guard !waiting.isEmpty else {
            takenCount -= 1
            return
        }
        let next = waiting.removeFirst()
        next.hasCome = true
        next.change.wake()
    }

    private func leave(_ place: Place) {
        waiting.removeAll { $0 === place }
    }
}
