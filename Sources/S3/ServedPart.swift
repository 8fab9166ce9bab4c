import Bytes
import Http1

/// Which part of the object the body of a good answer holds, believed only if it fits what was asked for.
///
/// - Spec: RFC 9110 sections 14.4 and 15.3.7.
struct ServedPart {
    /// When the asked part does not begin the object and the store sends all of it: skip no more than this.
    static let maxSkippedByteCount: UInt64 = 1 << 20

    /// What is taken of the body.
    let range: ByteRange
    /// Nil for unknown.
    let objectByteCount: UInt64?
    /// Payload before ``range``.
    let skipByteCount: UInt64
    /// Whether payload follows behind ``range``, or may.
    let stopsEarly: Bool

    /// - Throws: `.malformedResponse` for a part that was not asked for; `.rangeNotSatisfiable` for one that is not there.
    init(_ head: ResponseHead, of asked: ObjectRequest.Part) throws(S3Error) {
        if head.status == 206 {
            (range, objectByteCount) = try Self.part(head, asked)
            skipByteCount = 0
            stopsEarly = false
        } else {
            objectByteCount = head.contentLength
            range = try Self.part(ofWhole: objectByteCount, asked)
            guard range.offset <= Self.maxSkippedByteCount else { throw .malformedResponse(.rangeIgnored) }
            skipByteCount = range.offset
            stopsEarly = objectByteCount.map { [range] in range.end < $0 } ?? true
        }
    }

    /// The part that the head describes.
    private static func part(
        _ head: ResponseHead, _ asked: ObjectRequest.Part
    ) throws(S3Error) -> (ByteRange, UInt64?) {
        let fields = head.fields.values("content-range")
        guard let field = fields.first else { throw .malformedResponse(.missingContentRange) }
        guard fields.count == 1, case .part(let served, let total) = ContentRange(field) else {
            throw .malformedResponse(.malformedContentRange)
        }
        let wanted =
            switch asked {
            case .range(let range): range
            case .suffix(let count): suffix(count, of: total)
            }
        let length = head.contentLength
        guard served.offset == wanted.offset, served.end <= wanted.end, length == nil || length == served.count else {
            throw .malformedResponse(.wrongRange)
        }
        return (served, total)
    }

    /// The part to take out of an answer with the whole object.
    private static func part(
        ofWhole objectByteCount: UInt64?, _ asked: ObjectRequest.Part
    ) throws(S3Error) -> ByteRange {
        switch asked {
        case .range(let range):
            guard let total = objectByteCount else { return range }
            guard range.offset < total else { throw .rangeNotSatisfiable(objectByteCount: total) }
            return ByteRange(offset: range.offset, count: min(range.end, total) - range.offset)
        case .suffix(let count):
            guard let total = objectByteCount else { throw .malformedResponse(.rangeIgnored) }
            return suffix(count, of: total)
        }
    }

    /// The last bytes of an object, at most `count`.
    private static func suffix(_ count: UInt64, of total: UInt64) -> ByteRange {
        let taken = min(count, total)
        return ByteRange(offset: total - taken, count: taken)
    }
}
