/// Why a stream was reset or a connection ended.
///
/// - Spec: RFC 9113 section 7; unknown codes are kept as they came.
public struct ErrorCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public let rawValue: UInt32

    /// The code with this number.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// All went well.
    public static let noError = ErrorCode(rawValue: 0x0)
    /// A rule was broken.
    public static let protocolError = ErrorCode(rawValue: 0x1)
    /// A defect of this side.
    public static let internalError = ErrorCode(rawValue: 0x2)
    /// More bytes than the window allows.
    public static let flowControl = ErrorCode(rawValue: 0x3)
    /// SETTINGS were not acknowledged in time.
    public static let settingsTimeout = ErrorCode(rawValue: 0x4)
    /// A frame for a stream that had ended.
    public static let streamClosed = ErrorCode(rawValue: 0x5)
    /// A frame of a wrong size.
    public static let frameSize = ErrorCode(rawValue: 0x6)
    /// Not processed at all; safe to repeat.
    public static let refusedStream = ErrorCode(rawValue: 0x7)
    /// No longer wanted.
    public static let cancel = ErrorCode(rawValue: 0x8)
    /// HPACK state is lost.
    public static let compression = ErrorCode(rawValue: 0x9)
    /// A tunnel broke.
    public static let connect = ErrorCode(rawValue: 0xa)
    /// The peer asks for too much work.
    public static let enhanceYourCalm = ErrorCode(rawValue: 0xb)
    /// TLS is too weak.
    public static let inadequateSecurity = ErrorCode(rawValue: 0xc)
    /// HTTP/1.1 is wanted.
    public static let http11Required = ErrorCode(rawValue: 0xd)
}
