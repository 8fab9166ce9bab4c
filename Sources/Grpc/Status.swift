/// How a call ended.
///
/// - Spec: gRPC "Status codes and their use in gRPC".
public enum StatusCode: Int, Sendable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case internalError = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16
}

/// The code and the words that end a call.
public struct Status: Error, Hashable, Sendable {
    /// The class of the outcome.
    public var code: StatusCode
    /// For a human; never a secret and never the contents of a file.
    public var message: String

    /// A status.
    public init(_ code: StatusCode, _ message: String = "") {
        self.code = code
        self.message = message
    }

    /// Success.
    public static let ok = Status(.ok)

    /// A client's view of a response that is no gRPC.
    ///
    /// - Spec: gRPC "HTTP to gRPC Status Code Mapping".
    public init(httpStatus: String) {
        let code: StatusCode
        switch httpStatus {
        case "400": code = .internalError
        case "401": code = .unauthenticated
        case "403": code = .permissionDenied
        case "404": code = .unimplemented
        case "429", "502", "503", "504": code = .unavailable
        default: code = .unknown
        }
        self.init(code, "HTTP status \(httpStatus.prefix(8))")
    }

    /// A client's view of a stream that was reset before its trailers.
    ///
    /// - Spec: gRPC "PROTOCOL-HTTP2", section "Errors"; the numbers are RFC 9113 section 7.
    public init(resetCode: UInt32) {
        let code: StatusCode
        switch resetCode {
        case 0x7: code = .unavailable
        case 0x8: code = .cancelled
        case 0xb: code = .resourceExhausted
        case 0xc: code = .permissionDenied
        default: code = .internalError
        }
        self.init(code, "stream reset with HTTP/2 error \(resetCode)")
    }
}
