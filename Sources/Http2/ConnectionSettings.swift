/// Limits and windows of one connection.
///
/// - Units: bytes and frames.
public struct ConnectionSettings: Sendable {
    /// Streams the peer may have open; one more is answered with REFUSED_STREAM.
    public var maxConcurrentStreams = 256
    /// Advertised size of a header list, `name + value + 32` per field; a larger one costs its stream.
    public var maxHeaderListByteCount = 16 << 10
    /// A header list beyond this, compressed or not, costs the connection.
    public var hardHeaderListByteCount = 64 << 10
    /// Fields per header block; one more costs the stream.
    public var maxHeaderFieldCount = 128
    /// CONTINUATION frames per header block; one more costs the connection.
    public var maxContinuationCount = 8

    /// What the peer may send on one stream before this side takes it.
    public var initialStreamWindow = 65_535
    /// What the peer may send on all streams before this side takes it.
    public var connectionWindow = 1 << 20
    /// Largest frame the peer may send.
    public var maxFrameSize = 1 << 20

    /// Largest DATA frame sent, if the peer allows as much.
    public var maxOutboundFrameSize = 1 << 20
    /// Queue length at or below which ``Event/drained(_:)`` is reported.
    public var lowWaterByteCount = 256 << 10

    /// Resets at once, in one bucket for the peer's and one for those it provokes.
    public var resetBurst = 1000
    /// Tokens that flow back into both.
    public var resetRefillPerSecond = 33
    /// Frames at once that cost work and carry nothing.
    public var controlFrameBurst = 10_000
    /// Tokens that flow back.
    public var controlFrameRefillPerSecond = 330
    /// Answers to PING and SETTINGS that may wait for the peer to read.
    public var maxUnreadAcknowledgements = 1000

    /// The defaults.
    public init() {}

    /// The limits of the worker.
    public static let server = ConnectionSettings()

    /// The limits of a client that receives large bodies.
    public static let client: ConnectionSettings = {
        var settings = ConnectionSettings()
        settings.maxConcurrentStreams = 0
        settings.initialStreamWindow = 4 << 20
        settings.connectionWindow = 16 << 20
        return settings
    }()
}
