/// One call, seen from the server: request fields and bytes in, what to do and what to answer out.
///
/// - Spec: gRPC "PROTOCOL-HTTP2".
public struct ServerCall {
    /// What the caller must do after the request's header block.
    public enum Action {
        /// Serve the method; the metadata are all fields without a colon.
        case start(path: String, timeoutNanoseconds: UInt64?, metadata: Metadata)
        /// This is not gRPC: answer with ``ServerCall/httpError(_:)`` and end the stream.
        case rejectHTTP(status: Int)
        /// Answer with ``finish(_:)`` at once.
        case reject(Status)
    }

    /// How the answer ends.
    public enum Ending {
        /// One header block that also ends the stream.
        case trailersOnly(Metadata)
        /// The trailer section after what was sent.
        case trailers(Metadata)
        /// The call was ended before; send nothing.
        case none
    }

    private enum State {
        case awaitingHeaders, receiving, responding, closed
    }

    /// Whether the method takes one message; a second one, or none, is then an error.
    public var expectsOneMessage = true

    private var state = State.awaitingHeaders
    private var reader: MessageReader
    private var messageCount = 0
    /// Whether the client has said all.
    public private(set) var requestEnded = false

    /// - Parameter messageByteLimit: for each message of the request.
    public init(messageByteLimit: Int) {
        reader = MessageReader(messageByteLimit: messageByteLimit)
    }

    /// The request's header block came.
    ///
    /// - Shape: when it also ends the stream, call ``receiveData(_:endsStream:)`` without bytes next.
    public mutating func receiveHeaders(_ fields: Metadata) -> Action {
        precondition(state == .awaitingHeaders)
        state = .receiving
        guard fields.first(":method") == "POST" else { return .rejectHTTP(status: 405) }
        guard let type = fields.first("content-type"), Self.isGrpc(type) else { return .rejectHTTP(status: 415) }
        let path = fields.first(":path") ?? ""
        let encoding = fields.first("grpc-encoding") ?? "identity"
        guard encoding == "identity" else {
            return .reject(Status(.unimplemented, "message encoding is not supported"))
        }
        var timeout: UInt64?
        if let text = fields.first("grpc-timeout") {
            guard let nanoseconds = Timeout.parse(text) else {
                return .reject(Status(.invalidArgument, "malformed grpc-timeout"))
            }
            timeout = nanoseconds
        }
        let metadata = fields.filter { !$0.name.hasPrefix(":") }
        return .start(path: path, timeoutNanoseconds: timeout, metadata: metadata)
    }

    /// Bytes of the request came.
    ///
    /// - Returns: the messages that are complete now.
    /// - Throws: what to end the call with.
    public mutating func receiveData(_ bytes: [UInt8], endsStream: Bool) throws(Status) -> [[UInt8]] {
        guard state != .closed else { return [] }
        reader.append(bytes)
        var messages: [[UInt8]] = []
        while let message = try reader.next() {
            messageCount += 1
            if expectsOneMessage, messageCount > 1 { throw Status(.internalError, "more than one request message") }
            messages.append(message)
        }
        if endsStream {
            requestEnded = true
            try reader.finish()
            if expectsOneMessage, messageCount == 0 { throw Status(.internalError, "no request message") }
        }
        return messages
    }

    /// The header block before the first message.
    ///
    /// - Precondition: called once, after the request's headers.
    public mutating func start() -> Metadata {
        precondition(state == .receiving)
        state = .responding
        return Self.responseHeaders
    }

    /// Ends the call: without a header block before it, in one block that is both.
    public mutating func finish(_ status: Status) -> Ending {
        defer { state = .closed }
        switch state {
        case .awaitingHeaders, .receiving: return .trailersOnly(Self.trailersOnly(status))
        case .responding: return .trailers(Self.trailers(status))
        case .closed: return .none
        }
    }

    /// What every answer with messages begins with.
    public static let responseHeaders: Metadata = [
        (":status", "200"), ("content-type", "application/grpc"), ("grpc-accept-encoding", "identity"),
    ]

    /// An answer without messages.
    public static func trailersOnly(_ status: Status) -> Metadata { responseHeaders + trailers(status) }

    /// The end of an answer.
    public static func trailers(_ status: Status) -> Metadata {
        let code: (name: String, value: String) = ("grpc-status", "\(status.code.rawValue)")
        guard !status.message.isEmpty else { return [code] }
        return [code, ("grpc-message", StatusMessage.encode(status.message))]
    }

    /// An answer to something that is not gRPC.
    public static func httpError(_ status: Int) -> Metadata {
        [(":status", "\(status)"), ("content-length", "0")]
    }

    static func isGrpc(_ contentType: String) -> Bool {
        let base = "application/grpc"
        guard contentType.lowercased().hasPrefix(base) else { return false }
        let rest = contentType.utf8.dropFirst(base.utf8.count).first
        return rest == nil || rest == UInt8(ascii: "+") || rest == UInt8(ascii: ";")
    }
}
