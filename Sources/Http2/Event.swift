/// Something the peer did, or that became possible because of it.
public enum Event: Hashable, Sendable {
    /// A complete request (server) or final response (client) header block.
    case headers(StreamID, HeaderBlock, endsStream: Bool)
    /// The trailer section; the peer's side of the stream has ended.
    case trailers(StreamID, HeaderBlock)
    /// Bytes of the body. Taking this event gives the peer its window back.
    case data(StreamID, [UInt8], endsStream: Bool)
    /// The stream ended early: the peer reset it, or broke a rule and was answered with this code.
    case reset(StreamID, ErrorCode)
    /// The stream is gone; the last event of every stream that had any event, or that this side opened.
    case closed(StreamID)
    /// Queued bytes fell from above the low-water mark to it or below.
    case drained(StreamID)
    /// The peer will accept or open no more streams.
    case goAway(ErrorCode)
    /// The peer applied this side's settings.
    case settingsAcknowledged
    /// The peer answered a ``Connection/ping()``.
    case pingAcknowledged
}
