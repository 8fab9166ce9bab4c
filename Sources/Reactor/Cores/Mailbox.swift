import Synchronization

/// Messages from any thread to one core, in order, with an upper bound.
///
/// The ownership of what a message carries moves with it: the sender must not touch it afterwards.
///
/// - Shape: at most `capacity` messages wait.
public final class Mailbox<Message: Sendable>: Sendable {
    private let capacity: Int
    private let messages = Mutex<[Message]>([])
    private let core: CoreActor
    private let handle: @Sendable (isolated CoreActor, Message) -> Void

    /// - Parameter handle: runs on the core, once for each message.
    public init(
        core: CoreActor, capacity: Int, handle: @escaping @Sendable (isolated CoreActor, Message) -> Void
    ) {
        precondition(capacity > 0)
        self.core = core
        self.capacity = capacity
        self.handle = handle
    }

    /// Puts a message in the box; false when it is full, and the message is still the caller's.
    ///
    /// - Cost: a lock, and a system call when the core sleeps and was not woken yet.
    public func post(_ message: Message) -> Bool {
        let position = messages.withLock { list -> Int? in
            guard list.count < capacity else { return nil }
            list.append(message)
            return list.count
        }
        guard let position else { return false }
        // The first message brings the core here; those behind it are taken along.
        if position == 1 { core.executor.post { self.deliver(on: $0) } }
        return true
    }

    private func deliver(on core: isolated CoreActor) {
        let batch = messages.withLock { list in
            defer { list.removeAll(keepingCapacity: true) }
            return list
        }
        for message in batch { handle(core, message) }
    }
}
