/// One task of a core waiting for another part of the same core.
///
/// - Shape: at most one waiter at a time; a wake without a waiter is forgotten, so the waiter looks at its condition first.
@safe public final class Suspension {
    private var continuation: UnsafeContinuation<Void, Never>?

    public init() {}

    /// Suspends until ``wake()``.
    public func wait() async {
        unsafe precondition(continuation == nil, "two waiters")
        unsafe await withUnsafeContinuation { unsafe continuation = $0 }
    }

    /// Lets the waiter go on in the loop's next turn, if there is one.
    public func wake() {
        let waiting = unsafe continuation
        unsafe continuation = nil
        unsafe waiting?.resume()
    }
}
