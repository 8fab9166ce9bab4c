/// What the connection remembers of one open stream.
final class Stream {
    let id: StreamID
    /// Whether the peer's header block was complete and reported.
    var isAnnounced = false
    /// Whether the peer's first header block came, so that the next one is the trailers.
    var hasPeerHeaders = false
    /// Whether the peer's side has ended.
    var remoteEnded = false
    /// Whether this side's header block was submitted.
    var headersSubmitted = false
    /// Whether the end of this side was asked for; nothing may be queued any more.
    var endRequested = false
    /// Sent after the last queued byte.
    var trailers: HeaderBlock?
    /// Whether nghttp2 put the stream aside because its queue was empty.
    var isDeferred = false
    /// Whether this side's caller reset the stream, so that no one needs to be told.
    var resetByCaller = false
    /// Whether ``Event/reset(_:_:)`` was reported.
    var resetReported = false
    var queue = OutboundQueue()

    init(id: StreamID) {
        self.id = id
    }
}

/// A header block while its fields arrive.
struct IncomingHeaderBlock {
    let streamID: Int32
    var fields: HeaderBlock = []
    var fieldCount = 0
    var listByteCount = 0
    /// Whether it passed the advertised size; the fields are dropped, decoding goes on so that HPACK stays in step.
    var isTooLarge = false
}
