/// Names one scheduled action.
public struct TimerID: Hashable, Sendable {
    let rawValue: UInt64
}

/// Actions ordered by deadline.
///
/// - Cost: logarithmic; a cancelled action leaves the heap when its time comes.
struct TimerHeap {
    private struct Entry {
        var deadline: UInt64
        var id: UInt64
    }

    private var heap: [Entry] = []
    private var actions: [UInt64: () -> Void] = [:]
    private var nextID: UInt64 = 0

    /// The time of the first action that still stands.
    var nextDeadline: UInt64? {
        mutating get {
            while let first = heap.first, actions[first.id] == nil { removeFirst() }
            return heap.first?.deadline
        }
    }

    var count: Int { actions.count }

    mutating func add(deadline: UInt64, _ action: @escaping () -> Void) -> TimerID {
        let id = nextID
        nextID += 1
        actions[id] = action
        heap.append(Entry(deadline: deadline, id: id))
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
        return TimerID(rawValue: id)
    }

    mutating func cancel(_ id: TimerID) {
        actions[id.rawValue] = nil
    }

    /// Takes the first action whose time has come.
    mutating func popDue(now: UInt64) -> (() -> Void)? {
        while let first = heap.first, first.deadline <= now {
            removeFirst()
            if let action = actions.removeValue(forKey: first.id) { return action }
        }
        return nil
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        // Equal deadlines run in the order they were set.
        (heap[left].deadline, heap[left].id) < (heap[right].deadline, heap[right].id)
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, smallest) {
                smallest = child
            }
            guard smallest != parent else { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
