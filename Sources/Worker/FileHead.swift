import Bytes
import Grpc
import Parquet

/// What is known of a file before any of its pages: its metadata, and the tail it was read from.
struct FileHead {
    /// The tail read is 1 % of the file within these bounds, so that one request brings the footer of nearly every file.
    private static let tailBounds = 64 << 10...2 << 20
    /// A file no larger is read whole: another request would cost more than the bytes it spares.
    private static let wholeFileByteCount: UInt64 = 256 << 10

    let metadata: FileMetadata
    let tail: FetchedRange

    /// Reads and parses the footer: one request, or two when the footer is larger than the guess.
    ///
    /// - Parameter byteCountHint: size of the file, if known; the true one is learned from the first answer.
    static func read(
        _ name: String, from source: any ObjectSource, byteCountHint: UInt64?, limits: ParquetLimits
    ) async throws(Status) -> FileHead {
        let (tail, objectByteCount) = try await source.readTail(byteCount: tailByteCount(byteCountHint ?? 0))
        let start = objectByteCount - UInt64(tail.count)
        let fetched = FetchedRange(range: ByteRange(offset: start, count: UInt64(tail.count)), bytes: tail)
        let place: ByteRange
        do throws(ParquetError) {
            place = try Footer.metadataRange(tail: tail.bytes, objectByteCount: objectByteCount, limits: limits)
        } catch {
            throw Status(parquetError: error, file: name)
        }
        let footer = try await TailedSource(tail: fetched, behind: source).read(place)
        do throws(ParquetError) {
            let metadata = try FileMetadata(parsing: footer.bytes, objectByteCount: objectByteCount, limits: limits)
            return FileHead(metadata: metadata, tail: fetched)
        } catch {
            throw Status(parquetError: error, file: name)
        }
    }
}

extension FileHead {
    /// Whether the request that looks for the footer brings everything else too.
    static func isReadWhole(byteCount: UInt64) -> Bool { byteCount <= wholeFileByteCount }

    private static func tailByteCount(_ hint: UInt64) -> Int {
        let guess = isReadWhole(byteCount: hint) ? hint : hint / 100
        return min(max(Int(clamping: guess), tailBounds.lowerBound), tailBounds.upperBound)
    }
}

/// Bytes of a file that are already here.
struct FetchedRange {
    var range: ByteRange
    var bytes: Slice
}

/// A file whose tail is already here: reads inside it cost nothing.
final class TailedSource: ObjectSource {
    private let tail: FetchedRange
    private let source: any ObjectSource

    init(tail: FetchedRange, behind source: any ObjectSource) {
        self.tail = tail
        self.source = source
    }

    func readTail(byteCount: Int) async throws(Status) -> (tail: Slice, objectByteCount: UInt64) {
        try await source.readTail(byteCount: byteCount)
    }

    func holds(_ range: ByteRange) -> Bool { tail.range.contains(range) }

    func read(_ range: ByteRange) async throws(Status) -> Slice {
        guard holds(range) else { return try await source.read(range) }
        let start = Int(range.offset - tail.range.offset)
        return tail.bytes.extracting(start..<start + Int(range.count))
    }

    func order(_ range: ByteRange) -> LentRead.Order? { holds(range) ? nil : source.order(range) }

    func countWanted(byteCount: Int) {
        source.countWanted(byteCount: byteCount)
    }

    func cancel() {
        source.cancel()
    }
}
