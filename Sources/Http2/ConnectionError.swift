/// Why a connection must end. GOAWAY with `code` is already in the output.
public struct ConnectionError: Error, Equatable {
    /// What the peer did; one counter each.
    public enum Reason: Hashable, Sendable {
        /// The first bytes are not the HTTP/2 preface, for example an HTTP/1 request.
        case notHTTP2
        /// A rule of RFC 9113 was broken.
        case protocolViolation
        /// More RST_STREAM frames than the bucket holds.
        case tooManyResets
        /// The peer made this side reset more streams than the bucket holds.
        case tooManyProvokedResets
        /// More PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown or empty DATA frames than the bucket holds.
        case tooManyControlFrames
        /// A header block in more CONTINUATION frames than allowed.
        case tooManyContinuations
        /// A header block far beyond the advertised size.
        case headerBlockTooLarge
        /// Answers to PING and SETTINGS pile up because the peer does not read.
        case acknowledgementsUnread
    }

    /// What GOAWAY says.
    public let code: ErrorCode
    /// What the peer did.
    public let reason: Reason
    /// For the log only.
    public let detail: String

    init(_ code: ErrorCode, _ reason: Reason, detail: String = "") {
        self.code = code
        self.reason = reason
        self.detail = detail
    }
}
