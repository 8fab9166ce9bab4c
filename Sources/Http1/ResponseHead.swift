import Bytes

/// The head of a response.
///
/// - Spec: RFC 9112 section 4.
public struct ResponseHead: Hashable, Sendable {
    /// Three digits.
    public var status: Int
    /// All fields.
    public var fields: HeaderFields
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    public var minorVersion = 1

    /// A head to send.
    public init(status: Int, fields: HeaderFields) {
        self.status = status
        self.fields = fields
    }

    /// The bytes to send.
    ///
    /// - Precondition: fields have no control characters.
    public func encode() -> [UInt8] {
        fields.encode(startLine: "HTTP/1.1 \(status) \(Self.reasons[status] ?? "")")
    }

    /// Whether the connection may be used again once the body was read.
    public var keepsConnection: Bool {
        if fields.list("connection", contains: "close") { return false }
        return minorVersion >= 1 || fields.list("connection", contains: "keep-alive")
    }

    /// How the end of the body is found.
    ///
    /// - Spec: RFC 9112 section 6.3; contradictions are errors, never guesses.
    public func bodyFraming() throws(Http1Error) -> BodyFraming {
        let lengths = fields.values("content-length")
        let codings = fields.values("transfer-encoding")
        guard lengths.isEmpty || codings.isEmpty else { throw .unsupportedTransferCoding }
        var length: UInt64?
        for text in lengths {
            guard !text.isEmpty, text.utf8.allSatisfy(\.isDigit), let value = UInt64(text), value <= Int64.max,
                length == nil || length == value
            else { throw .malformedContentLength }
            length = value
        }
        if !codings.isEmpty {
            guard minorVersion >= 1, codings.count == 1, codings[0].lowercased() == "chunked" else {
                throw .unsupportedTransferCoding
            }
        }
        if status == 204 || status == 304 { return .none }
        if !codings.isEmpty { return .chunked }
        return length.map { .length($0) } ?? .untilClose
    }

    /// The length that the body has, if the head tells it.
    public var contentLength: UInt64? { fields.first("content-length").flatMap { UInt64($0) } }

    private static let reasons = [
        200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
        431: "Request Header Fields Too Large", 503: "Service Unavailable",
    ]
}

/// Reads the head of one final response; interim ones are passed over.
public struct ResponseHeadReader {
    private var reader = HeadReader()
    private var interimCount = 0
    /// The head, once it is complete.
    public private(set) var head: ResponseHead?

    /// A reader for the next response.
    public init() {}

    /// Feeds received bytes.
    ///
    /// - Returns: bytes used; what follows belongs to the body.
    public mutating func receive(_ bytes: RawSpan) throws(Http1Error) -> Int {
        var consumed = 0
        while head == nil, consumed < bytes.byteCount {
            consumed += try reader.receive(bytes, from: consumed)
            guard reader.isComplete else { break }
            let parsed = try Self.parse(reader.lines)
            reader.reset()
            guard (100..<200).contains(parsed.status) else {
                head = parsed
                break
            }
            interimCount += 1
            guard parsed.status != 101, interimCount <= HeadLimits.interimCount else {
                throw .unexpectedInterimResponse
            }
        }
        return consumed
    }

    /// The peer closed before the head was complete.
    public func receiveEnd() throws(Http1Error) {
        guard head != nil else { throw .truncated }
    }

    /// Whether nothing at all has come, so that a request on a used connection may be tried again.
    public var isUntouched: Bool { reader.bytes.isEmpty && interimCount == 0 && head == nil }

    private static func parse(_ lines: [ArraySlice<UInt8>]) throws(Http1Error) -> ResponseHead {
        // "HTTP/1.x 123" and then nothing, or a space and the reason.
        let line = Array(lines[0])
        guard line.count >= 12, line.starts(with: "HTTP/1.".utf8), line[7].isDigit, line[7] <= UInt8(ascii: "1"),
            line[8] == .space, line[9...11].allSatisfy(\.isDigit), line.count == 12 || line[12] == .space
        else { throw .malformedStartLine }
        let status = line[9...11].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard status >= 100 else { throw .malformedStartLine }
        var head = ResponseHead(status: status, fields: try HeaderFields(lines: lines.dropFirst()))
        head.minorVersion = Int(line[7] - UInt8(ascii: "0"))
        return head
    }
}
