/// One call, seen from the client: response fields and bytes in, messages and the status out.
///
/// - Spec: gRPC "PROTOCOL-HTTP2".
public struct ClientCall {
    private var reader: MessageReader
    private var sawHeaders = false
    /// How the call ended; nil while it runs.
    public private(set) var status: Status?

    /// - Parameter messageByteLimit: for each message of the response.
    public init(messageByteLimit: Int) {
        reader = MessageReader(messageByteLimit: messageByteLimit)
    }

    /// The header block of a request.
    public static func requestHeaders(
        path: String, authority: String, scheme: String = "http", timeoutNanoseconds: UInt64? = nil,
        metadata: Metadata = []
    ) -> Metadata {
        var fields: Metadata = [
            (":method", "POST"), (":scheme", scheme), (":path", path), (":authority", authority), ("te", "trailers"),
            ("content-type", "application/grpc"), ("grpc-accept-encoding", "identity"),
        ]
        if let timeoutNanoseconds {
            fields.append(("grpc-timeout", Timeout.format(nanoseconds: timeoutNanoseconds)))
        }
        return fields + metadata
    }

    /// The response's header block came; an early end sets ``status``.
    public mutating func receiveHeaders(_ fields: Metadata, endsStream: Bool) {
        guard status == nil else { return }
        sawHeaders = true
        let httpStatus = fields.first(":status") ?? ""
        if fields.first("grpc-status") != nil, endsStream {
            status = Self.status(of: fields)
        } else if httpStatus != "200" {
            status = Status(httpStatus: httpStatus)
        } else if !ServerCall.isGrpc(fields.first("content-type") ?? "") {
            status = Status(.unknown, "the response is not gRPC")
        } else if endsStream {
            status = Status(.unknown, "the response has no grpc-status")
        }
    }

    /// Bytes of the response came.
    ///
    /// - Returns: the messages that are complete now; none once ``status`` is set.
    public mutating func receiveData(_ bytes: [UInt8], endsStream: Bool) -> [[UInt8]] {
        guard status == nil else { return [] }
        reader.append(bytes)
        var messages: [[UInt8]] = []
        do throws(Status) {
            while let message = try reader.next() { messages.append(message) }
            if endsStream { status = Status(.unknown, "the response has no trailers") }
        } catch {
            status = error
        }
        return messages
    }

    /// The trailer section came: the end.
    public mutating func receiveTrailers(_ fields: Metadata) {
        guard status == nil else { return }
        let told = Self.status(of: fields)
        do throws(Status) {
            if told.code == .ok { try reader.finish() }
            status = told
        } catch {
            status = error
        }
    }

    /// The stream was reset; `code` is RFC 9113's.
    public mutating func receiveReset(code: UInt32) {
        guard status == nil else { return }
        status = Status(resetCode: code)
    }

    /// The connection is gone.
    public mutating func receiveConnectionLoss() {
        guard status == nil else { return }
        status = Status(.unavailable, "the connection was lost")
    }

    private static func status(of fields: Metadata) -> Status {
        guard let text = fields.first("grpc-status") else { return Status(.unknown, "no grpc-status") }
        let code = Int(text).flatMap(StatusCode.init(rawValue:)) ?? .unknown
        return Status(code, StatusMessage.decode(fields.first("grpc-message") ?? ""))
    }
}
