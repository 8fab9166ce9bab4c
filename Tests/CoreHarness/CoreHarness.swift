package import Reactor

/// Runs async code on a fresh core with the given ring and hands its result back to the test.
package func onCore<Result: Sendable>(
    _ kind: RingKind, _ body: @escaping @Sendable (EventLoop) async throws -> Result
) async throws -> Result {
    try await onCore(kind) { loop, _ in try await body(loop) }
}

/// The same for code that wants the core too.
package func onCore<Result: Sendable>(
    _ kind: RingKind, _ body: @escaping @Sendable (EventLoop, CoreActor) async throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        do {
            try CoreActor.startThread(index: 0, kind: kind, processor: nil) { core in
                let loop = core.loop
                // A closure that captured the parameter itself would be isolated to it, which no task of a core is.
                let actor = core
                loop.spawn {
                    do {
                        continuation.resume(returning: try await body(loop, actor))
                    } catch {
                        continuation.resume(throwing: error)
                    }
                    loop.stop()
                }
            } failed: {
                continuation.resume(throwing: $0)
            }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}

/// A value that several tasks of one core share.
package final class Box<Value> {
    package var value: Value

    package init(_ value: Value) {
        self.value = value
    }
}
