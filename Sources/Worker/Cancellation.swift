/// Lets a call end the requests that it has under way.
final class Cancellation {
    private var actions: [Int: () -> Void] = [:]
    private var nextKey = 0
    private(set) var isCancelled = false

    func cancel() {
        guard !isCancelled else { return }
        isCancelled = true
        for action in actions.values { action() }
    }

    func register(_ action: @escaping () -> Void) -> Int {
        nextKey += 1
        actions[nextKey] = action
        return nextKey
    }

    func unregister(_ key: Int) {
        actions[key] = nil
    }
}
