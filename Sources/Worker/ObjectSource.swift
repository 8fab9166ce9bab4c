import Bytes
import Grpc
import Reactor

/// The bytes of one data file, wherever it lies.
protocol ObjectSource: AnyObject {
    /// The last bytes of the file, at most `byteCount`, and how large the file is.
    func readTail(byteCount: Int) async throws(Status) -> (tail: Slice, objectByteCount: UInt64)

    /// Whether the bytes of a range are here already, so that reading them takes no memory.
    func holds(_ range: ByteRange) -> Bool

    /// One range of the file, in one block.
    func read(_ range: ByteRange) async throws(Status) -> Slice

    /// What another core has to know to read a range instead; nil where that cannot be, or is not known yet.
    func order(_ range: ByteRange) -> LentRead.Order?

    /// So many bytes of the file are needed, whatever else is read with them; for whoever counts.
    func countWanted(byteCount: Int)

    /// Ends every read that is under way.
    func cancel()
}

extension ObjectSource {
    func holds(_ range: ByteRange) -> Bool { false }

    func order(_ range: ByteRange) -> LentRead.Order? { nil }

    func countWanted(byteCount: Int) {}
}

/// A file below the local root.
final class LocalObject: ObjectSource {
    private let file: LocalFile
    private let pool: BlockPool

    init(file: LocalFile, pool: BlockPool) {
        self.file = file
        self.pool = pool
    }

    func readTail(byteCount: Int) async throws(Status) -> (tail: Slice, objectByteCount: UInt64) {
        let count = min(UInt64(byteCount), file.byteCount)
        let tail = try await read(ByteRange(offset: file.byteCount - count, count: count))
        return (tail, file.byteCount)
    }

    func read(_ range: ByteRange) async throws(Status) -> Slice {
        let target = pool.take(byteCount: Int(range.count)).slice(0, count: Int(range.count))
        let count: Int
        do throws(KernelError) {
            count = try await file.read(into: target, offset: range.offset)
        } catch {
            throw Status(.unavailable, "cannot read the file: \(error)")
        }
        guard count == target.count else { throw Status(.aborted, "object changed: the file has become shorter") }
        return target
    }

    // A read of a file always ends by itself.
    func cancel() {}
}
