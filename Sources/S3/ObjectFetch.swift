import Bytes
import Http1

/// One request to the object store and its answer, from the bytes to send to the last byte of the body.
///
/// Send ``requestHead``; feed ``receiveHead(_:)`` until it gives a body; then either receive ``directBodyByteCount``
/// bytes straight to their place and say so with ``receivedDirectly(_:)``, or feed ``receiveBody(_:into:)``, until
/// ``isComplete``.
///
/// - Spec: RFC 9110 and 9112; Amazon S3 `GetObject`.
/// - Shape: an answer is believed only if it fits the request: start, end, total, length and version.
public struct ObjectFetch {
    /// How far the head is.
    public enum HeadProgress: Hashable, Sendable {
        case needsMore
        /// The head is complete; the body begins behind so many of the bytes given last.
        case body(consumed: Int)
    }

    /// What became of bytes of the body.
    public struct BodyProgress: Hashable, Sendable {
        /// Bytes used of those given.
        public var consumed: Int
        /// Payload bytes at the front of the destination.
        public var written: Int
    }

    /// The bytes to send.
    public let requestHead: [UInt8]
    /// What the answer says, once its head was accepted.
    public private(set) var response: ResponseInfo?

    private let request: ObjectRequest
    private var headReader = ResponseHeadReader()
    private var bodyReader = BodyReader(.none)
    private var framing = BodyFraming.none
    /// Payload bytes before the part that was asked for.
    private var skipByteCount: UInt64 = 0
    /// Payload bytes of the part that are still to come.
    private var leftByteCount: UInt64 = 0
    /// The error document while it is collected.
    private var errorDocument: [UInt8]?
    private var hasExcess = false
    /// Whatever comes behind the asked part is left unread; then the connection cannot be used again.
    private var stopsEarly = false

    /// Prepares a request.
    ///
    /// - Throws: `.invalidRequest` when the entity tag cannot stand in a header field.
    public init(
        request: ObjectRequest, endpoint: Endpoint, credentials: Credentials, secondsSince1970: Int64
    ) throws(S3Error) {
        self.request = request
        let (authority, path) = endpoint.target(of: request.location)
        var head = RequestHead(method: "GET", target: path, fields: HeaderFields())
        head.fields.append("host", authority)
        head.fields.append("range", request.rangeField)
        if let tag = request.ifMatch {
            guard !tag.isEmpty, tag.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
                throw .invalidRequest(field: "etag")
            }
            head.fields.append("if-match", tag)
        }
        RequestSigner.sign(
            &head, region: endpoint.region, credentials: credentials, secondsSince1970: secondsSince1970)
        head.fields.append("accept-encoding", "identity")
        head.fields.append("user-agent", "sqe-worker")
        requestHead = head.encode()
    }

    /// Feeds received bytes while the head is incomplete.
    ///
    /// - Throws: what the answer means, if it is an error without a document or does not fit the request.
    public mutating func receiveHead(_ bytes: RawSpan) throws(S3Error) -> HeadProgress {
        precondition(headReader.head == nil)
        let consumed: Int
        do throws(Http1Error) { consumed = try headReader.receive(bytes) } catch { throw S3Error(error) }
        guard let head = headReader.head else { return .needsMore }
        do throws(Http1Error) {
            framing = try head.bodyFraming()
        } catch { throw S3Error(error) }
        bodyReader = BodyReader(framing)
        guard head.status == 200 || head.status == 206 else {
            if bodyReader.isComplete {
                hasExcess = consumed < bytes.byteCount
                throw ErrorAnswer.error(head, document: [])
            }
            errorDocument = []
            return .body(consumed: consumed)
        }
        try accept(head)
        return .body(consumed: consumed)
    }

    /// Payload bytes that the body gives in all; 0 for an error document.
    public var expectedBodyByteCount: UInt64 { response?.servedRange.count ?? 0 }

    /// How many of the next bytes on the connection are payload and nothing else, so that they can be received straight
    /// into their place; nil when the body has to go through ``receiveBody(_:into:)``.
    public var directBodyByteCount: Int? {
        guard response != nil, skipByteCount == 0, framing != .chunked else { return nil }
        return Int(clamping: leftByteCount)
    }

    /// Bytes of the body were received without this type.
    ///
    /// - Precondition: `count` is at most ``directBodyByteCount``.
    public mutating func receivedDirectly(_ count: Int) {
        precondition(count >= 0)
        precondition(count <= directBodyByteCount ?? 0)
        leftByteCount -= UInt64(count)
    }

    /// Feeds bytes behind the head; payload of the asked part goes to the front of `destination`.
    ///
    /// - Throws: what an error document means once it is whole; `.malformedResponse` when the body breaks its framing.
    /// - Cost: copies payload once; for large bodies prefer ``directBodyByteCount``.
    public mutating func receiveBody(
        _ bytes: RawSpan, into destination: inout MutableRawSpan
    ) throws(S3Error) -> BodyProgress {
        var progress = BodyProgress(consumed: 0, written: 0)
        while progress.consumed < bytes.byteCount, !isComplete {
            let room = UInt64(destination.byteCount - progress.written)
            var limit = errorDocument != nil ? UInt64(bytes.byteCount) : skipByteCount > 0 ? skipByteCount : room
            // One byte more than expected is let through, to be noticed.
            if errorDocument == nil, skipByteCount == 0 { limit = min(limit, leftByteCount) }
            let isAtEnd = errorDocument == nil && skipByteCount == 0 && leftByteCount == 0
            let piece = try next(bytes, from: progress.consumed, limit: isAtEnd ? 1 : Int(clamping: limit))
            if isAtEnd, piece.payloadByteCount > 0 { throw .malformedResponse(.wrongLength) }
            let start = progress.consumed + piece.framingByteCount
            progress.consumed = start + piece.payloadByteCount
            take(bytes.extracting(start..<progress.consumed), into: &destination, &progress)
            if bodyReader.isComplete, progress.consumed < bytes.byteCount { hasExcess = true }
            try finishIfBodyEnded()
            if piece.framingByteCount == 0, piece.payloadByteCount == 0 { break }
        }
        if isComplete, progress.consumed < bytes.byteCount { hasExcess = true }
        return progress
    }

    /// The peer closed.
    ///
    /// - Throws: `.connectionClosed` unless the answer may end here; the error that a cut-off document stands for.
    public mutating func receiveEnd() throws(S3Error) {
        guard let head = headReader.head else { throw .connectionClosed }
        if let errorDocument { throw ErrorAnswer.error(head, document: errorDocument) }
        hasExcess = true
        guard !isComplete else { return }
        do throws(Http1Error) { try bodyReader.receiveEnd() } catch { throw .connectionClosed }
        guard leftByteCount == 0, skipByteCount == 0 else { throw .connectionClosed }
    }

    /// Whether the whole asked part was received.
    public var isComplete: Bool {
        guard response != nil else { return false }
        if stopsEarly || isLengthFramed { return skipByteCount == 0 && leftByteCount == 0 }
        return bodyReader.isComplete && skipByteCount == 0 && leftByteCount == 0
    }

    /// Whether another request may follow on the same connection, now that this one is complete or has failed.
    public var connectionIsReusable: Bool {
        guard let head = headReader.head, head.keepsConnection, !hasExcess, !stopsEarly else { return false }
        if case .untilClose = framing { return false }
        return errorDocument != nil || response == nil ? bodyReader.isComplete : isComplete
    }

    /// Whether not a single byte of an answer has come.
    public var isUntouched: Bool { headReader.isUntouched }

    private var isLengthFramed: Bool {
        switch framing {
        case .length, .none: true
        case .chunked, .untilClose: false
        }
    }

    private mutating func next(
        _ bytes: RawSpan, from start: Int, limit: Int
    ) throws(S3Error) -> BodyReader.Piece {
        do throws(Http1Error) {
            return try bodyReader.next(bytes, from: start, payloadLimit: limit)
        } catch { throw S3Error(error) }
    }

    private mutating func take(
        _ payload: RawSpan, into destination: inout MutableRawSpan, _ progress: inout BodyProgress
    ) {
        guard payload.byteCount > 0 else { return }
        if errorDocument != nil {
            let room = ErrorAnswer.maxDocumentByteCount - (errorDocument?.count ?? 0)
            for offset in 0..<min(room, payload.byteCount) {
                errorDocument?.append(unsafe payload.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            }
        } else if skipByteCount > 0 {
            skipByteCount -= UInt64(payload.byteCount)
        } else {
            unsafe destination.withUnsafeMutableBytes { target in
                unsafe payload.withUnsafeBytes { source in
                    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: target[progress.written...])
                    unsafe rest.copyMemory(from: source)
                }
            }
            progress.written += payload.byteCount
            leftByteCount -= UInt64(payload.byteCount)
        }
    }

    private mutating func finishIfBodyEnded() throws(S3Error) {
        guard let head = headReader.head else { return }
        if let errorDocument {
            let isFull = errorDocument.count == ErrorAnswer.maxDocumentByteCount
            guard bodyReader.isComplete || isFull else { return }
            throw ErrorAnswer.error(head, document: errorDocument)
        }
        guard bodyReader.isComplete else { return }
        guard leftByteCount == 0, skipByteCount == 0 else { throw .malformedResponse(.wrongLength) }
    }

    /// Checks a good answer against the request.
    private mutating func accept(_ head: ResponseHead) throws(S3Error) {
        let encoding = head.fields.first("content-encoding")?.lowercased() ?? "identity"
        guard encoding == "identity" || encoding.isEmpty else { throw .malformedResponse(.contentEncoding) }
        let tag = head.fields.first("etag")
        if let wanted = request.ifMatch {
            guard let tag else { throw .malformedResponse(.missingEntityTag) }
            guard tag == wanted else { throw .changed }
        }
        let served = try ServedPart(head, of: request.part)
        response = ResponseInfo(
            status: head.status, servedRange: served.range, objectByteCount: served.objectByteCount, entityTag: tag,
            lastModified: head.fields.first("last-modified"))
        leftByteCount = served.range.count
        skipByteCount = served.skipByteCount
        // It is known how much comes: the end of the connection may be long in coming and tells no more.
        stopsEarly = served.stopsEarly || framing == .untilClose
    }
}

extension S3Error {
    init(_ error: Http1Error) {
        self = error == .truncated ? .connectionClosed : .malformedResponse(.http("\(error)"))
    }
}
