import Bytes

/// The fetched parts of a scan, each kept until the last column chunk in it has passed it.
final class PartStore {
    private var slices: [Slice?]
    private var userCounts: [Int]
    private let byteCounts: [Int]
    /// Parts that will not be looked at again.
    private(set) var releasedPartCount = 0
    /// The bytes of those parts.
    private(set) var releasedByteCount = 0

    init(plan: ScanPlan) {
        slices = Array(repeating: nil, count: plan.parts.count)
        userCounts = plan.partUserCounts
        byteCounts = plan.parts.map { Int($0.count) }
    }

    func supply(_ part: Int, _ bytes: Slice) {
        precondition(bytes.count == byteCounts[part])
        precondition(slices[part] == nil)
        // A part that every user gave up early is not kept.
        if userCounts[part] > 0 { slices[part] = bytes }
    }

    func slice(_ part: Int) -> Slice? { slices[part] }

    /// One chunk is done with a part.
    func release(_ part: Int) {
        precondition(userCounts[part] > 0)
        userCounts[part] -= 1
        guard userCounts[part] == 0 else { return }
        slices[part] = nil
        releasedPartCount += 1
        releasedByteCount += byteCounts[part]
    }
}
