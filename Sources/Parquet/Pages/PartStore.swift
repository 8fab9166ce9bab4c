import Bytes
import Synchronization

/// The fetched parts of a scan, each kept until the last column chunk in it has passed it.
///
/// Why a lock: the columns of a scan may be decoded on several cores, and the parts arrive on one.
final class PartStore: Sendable {
    private struct State {
        var slices: [Slice?]
        var userCounts: [Int]
        var releasedPartCount = 0
        var releasedByteCount = 0
    }

    private let byteCounts: [Int]
    private let state: Mutex<State>

    init(plan: ScanPlan) {
        byteCounts = plan.parts.map { Int($0.count) }
        state = Mutex(
            State(slices: Array(repeating: nil, count: plan.parts.count), userCounts: plan.partUserCounts))
    }

    /// Parts that will not be looked at again.
    var releasedPartCount: Int { state.withLock { $0.releasedPartCount } }
    /// The bytes of those parts.
    var releasedByteCount: Int { state.withLock { $0.releasedByteCount } }

    func supply(_ part: Int, _ bytes: Slice) {
        precondition(bytes.count == byteCounts[part])
        state.withLock { state in
            precondition(state.slices[part] == nil)
            // A part that every user gave up early is not kept.
            if state.userCounts[part] > 0 { state.slices[part] = bytes }
        }
    }

    func slice(_ part: Int) -> Slice? { state.withLock { $0.slices[part] } }

    /// One chunk is done with a part.
    func release(_ part: Int) {
        // The block goes back to its pool after the lock is free.
        _ = state.withLock { state -> Slice? in
            precondition(state.userCounts[part] > 0)
            state.userCounts[part] -= 1
            guard state.userCounts[part] == 0 else { return nil }
            state.releasedPartCount += 1
            state.releasedByteCount += byteCounts[part]
            defer { state.slices[part] = nil }
            return state.slices[part]
        }
    }
}
