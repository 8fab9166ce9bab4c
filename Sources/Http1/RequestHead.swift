import Bytes

/// The head of a request.
///
/// - Spec: RFC 9112 section 3.
public struct RequestHead: Hashable, Sendable {
    /// GET, HEAD and so on.
    public var method: String
    /// The path and query, as on the wire.
    public var target: String
    /// All fields.
    public var fields: HeaderFields

    /// A head.
    public init(method: String, target: String, fields: HeaderFields) {
        self.method = method
        self.target = target
        self.fields = fields
    }

    /// The bytes to send.
    ///
    /// - Precondition: target and fields have no control characters, the target no space.
    public func encode() -> [UInt8] {
        precondition(target.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f })
        return fields.encode(startLine: "\(method) \(target) HTTP/1.1")
    }
}

/// Reads the head of one request; for the small server that answers metrics and health.
public struct RequestHeadReader {
    private var reader = HeadReader()
    /// The head, once it is complete.
    public private(set) var head: RequestHead?

    /// A reader at the start of a connection.
    public init() {}

    /// Feeds received bytes.
    ///
    /// - Returns: bytes used; what follows belongs to the body, or to the next request.
    public mutating func receive(_ bytes: RawSpan) throws(Http1Error) -> Int {
        guard head == nil else { return 0 }
        let consumed = try reader.receive(bytes, from: 0)
        if reader.isComplete { head = try Self.parse(reader.lines) }
        return consumed
    }

    private static func parse(_ lines: [ArraySlice<UInt8>]) throws(Http1Error) -> RequestHead {
        let parts = lines[0].split(separator: .space, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(\.isTokenCharacter),
            !parts[1].isEmpty, !parts[1].contains(.tab),
            parts[2].elementsEqual("HTTP/1.1".utf8) || parts[2].elementsEqual("HTTP/1.0".utf8)
        else { throw .malformedStartLine }
        return RequestHead(
            method: String(decoding: parts[0], as: UTF8.self), target: String(decoding: parts[1], as: UTF8.self),
            fields: try HeaderFields(lines: lines.dropFirst()))
    }
}
