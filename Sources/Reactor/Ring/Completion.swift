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
    /// The token that was given with the submission.
    let token: OperationToken
    /// What the call returned, a negative errno for a failure.
    let result: Int32
}
