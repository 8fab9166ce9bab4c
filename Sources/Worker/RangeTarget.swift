import Bytes
import S3

/// Where the bytes of one range go, over as many answers as it takes, all of one version of the object.
///
/// - Shape: one block, taken when the first answer is there: until then nobody needs it.
final class RangeTarget {
    /// Bytes that are wanted.
    private(set) var byteCount: Int
    private let version: AgreedVersion
    private let memory: BlockPool
    private var block: Block?
    /// Bytes that have come.
    private(set) var filledByteCount = 0

    /// - Parameter memory: where the block comes from.
    init(byteCount: Int, of version: AgreedVersion, memory: BlockPool) {
        self.byteCount = byteCount
        self.version = version
        self.memory = memory
    }

    /// Looks at what an answer says, before any of its payload; nil when it is what is wanted.
    func objection(to response: ResponseInfo) -> S3Error? {
        guard version.agrees(with: response) else { return .changed }
        // An object may be shorter than the tail that was asked for.
        if let total = response.objectByteCount {
            byteCount = min(byteCount, max(Int(clamping: total), filledByteCount))
        }
        return nil
    }

    var isFull: Bool { filledByteCount == byteCount }

    /// Room for the next bytes, at most `limit`.
    func room(limit: Int) -> Slice {
        let count = min(limit, byteCount - filledByteCount)
        guard count > 0 else { return Self.nothing }
        let block = block ?? memory.take(byteCount: byteCount)
        self.block = block
        return block.slice(filledByteCount, count: count)
    }

    /// So many bytes were put at the start of the room.
    func filled(_ count: Int) {
        precondition(count <= byteCount - filledByteCount)
        filledByteCount += count
    }

    /// What has come.
    var bytes: Slice { block?.slice(0, count: filledByteCount) ?? Self.nothing }

    private static let nothing = Slice(copying: [])
}
