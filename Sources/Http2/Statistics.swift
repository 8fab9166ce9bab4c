/// Counts of one connection, for metrics and tests.
public struct Statistics: Sendable, Equatable {
    /// Bytes fed in.
    public var receivedByteCount = 0
    /// Frames whose head was seen.
    public var receivedFrameCount = 0
    /// Body bytes handed out.
    public var sentDataByteCount = 0
    /// DATA frames handed out.
    public var sentDataFrameCount = 0
    /// Payload bytes that this module copied on the way out; stays 0.
    public var payloadBytesCopied = 0
    /// Streams above the limit.
    public var refusedStreamCount = 0
    /// Header blocks above the advertised size.
    public var oversizedHeaderBlockCount = 0
    /// RST_STREAM frames from the peer.
    public var receivedResetCount = 0
    /// Resets sent because of what the peer did.
    public var provokedResetCount = 0
}
