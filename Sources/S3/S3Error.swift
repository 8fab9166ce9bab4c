/// Why a request to the object store did not give what was asked. Texts name fields and codes, never secrets.
public enum S3Error: Error, Hashable, Sendable {
    /// Part of the request is unusable as given; `field` is the ticket's name for it.
    case invalidRequest(field: String)
    /// Plain HTTP, which was not allowed.
    case plainHTTPNotAllowed
    /// The object or its bucket does not exist.
    case notFound(Missing)
    /// The keys are good, but may not read this.
    case accessDenied
    /// The keys are not good.
    case unauthenticated(KeyFault)
    /// The store's clock differs too much; sign again with its time.
    case clockSkewed(serverSecondsSince1970: Int64?)
    /// The object is not the version the scan began with.
    case changed
    /// The object has no such bytes.
    case rangeNotSatisfiable(objectByteCount: UInt64?)
    /// Ask elsewhere; the answer names the region or the place.
    case redirected(status: Int, region: String?, location: String?)
    /// Worth another try: the store is busy or failed.
    case unavailable(status: Int, code: String, retryAfterSeconds: UInt64?)
    /// Worth another try: the connection closed before the answer was whole.
    case connectionClosed
    /// Refused for another reason; asking again will not help.
    case rejected(status: Int, code: String)
    /// The answer breaks HTTP, or is not an answer to what was asked.
    case malformedResponse(Defect)

    /// What is missing.
    public enum Missing: Hashable, Sendable {
        case object, bucket
        /// The answer had no code.
        case unnamed
    }

    /// What is wrong with the keys.
    public enum KeyFault: Hashable, Sendable {
        case unknownAccessKey, signatureMismatch, expiredToken, invalidToken, unnamed
    }

    /// How an answer is wrong.
    public enum Defect: Hashable, Sendable {
        /// HTTP/1 itself is broken; the text names the rule.
        case http(String)
        case unexpectedStatus(Int)
        case contentEncoding
        case missingContentRange, malformedContentRange
        /// Content-Range or Content-Length do not fit what was asked.
        case wrongRange
        /// The body is longer or shorter than its head said.
        case wrongLength
        /// The whole object came where a far part of it was asked.
        case rangeIgnored
        /// A version was asked for and the answer does not say which it is.
        case missingEntityTag
    }

    /// Whether the same request may succeed when sent again.
    public var isTransient: Bool {
        switch self {
        case .unavailable, .connectionClosed: true
        default: false
        }
    }

    /// Whether this is the store's word on the request, which a copy of the request would be told as well.
    public var isVerdict: Bool {
        switch self {
        case .notFound, .accessDenied, .unauthenticated, .clockSkewed, .changed, .rangeNotSatisfiable, .redirected,
            .rejected:
            true
        case .unavailable, .connectionClosed, .malformedResponse, .invalidRequest, .plainHTTPNotAllowed: false
        }
    }
}
