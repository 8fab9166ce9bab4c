/// Names one submitted operation; never used twice.
public struct OperationToken: Hashable, Sendable {
    let rawValue: UInt64

    init(slot: Int, generation: UInt32) {
        rawValue = UInt64(generation) << 32 | UInt64(UInt32(slot))
    }

    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    var slot: Int { Int(UInt32(truncatingIfNeeded: rawValue)) }

    /// Answers to this one are of no interest, such as that of a cancel request.
    static let ignored = OperationToken(rawValue: .max)
}

/// The kernel's answer to one submission.
struct Completion: Sendable {
    /// How far an operation is with this answer.
    enum Stage: Sendable {
        /// It is over.
        case over
        /// Its result is known, a notification follows: until then the kernel reads the operation's memory.
        case beforeNotification
        /// The kernel has let go of the memory; `isCopied` says that it had copied the bytes after all.
        case notification(isCopied: Bool)
    }

    /// The token that was given with the submission.
    let token: OperationToken
    /// What the call returned, a negative errno for a failure; 0 in a notification.
    let result: Int32
    var stage = Stage.over
}
