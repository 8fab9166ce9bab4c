public import Bytes

/// One HTTP/2 connection: received bytes in, events out; headers and slices in, frames out.
///
/// nghttp2 holds the rules of frames, HPACK and windows; this type adds limits, queues and the memory of what goes out.
///
/// - Spec: RFC 9113.
/// - Ownership: body slices leave as they came in; their blocks live until the caller drops the collected slices.
/// - Shape: used on one core only. It holds no socket and no clock.
public final class Connection {
    /// Which side of the connection this is.
    public enum Role: Sendable {
        case server, client
    }

    let role: Role
    let settings: ConnectionSettings
    let session: NativeSession
    var streams: [Int32: Stream] = [:]

    // Inbound.
    var meter: FrameMeter
    var events = EventQueue()
    var incoming: IncomingHeaderBlock?
    var failure: ConnectionError?
    var nowNanoseconds: UInt64 = 0

    // Outbound.
    var arena = HeadArena()
    /// Frames that are ready and not yet collected.
    var pending: [Slice] = []
    /// Slices of the DATA frame that nghttp2 is about to announce.
    var frameSlices: [Slice] = []
    /// Body bytes that may still be added in this call.
    var allowance = 0
    /// Bytes added to `pending` since it was last collected.
    var pendingByteCount = 0
    var unreadAcknowledgements = 0
    var settingsSent = false
    var isTerminating = false
    var drainState = DrainState.serving
    var counts = Statistics()

    /// A connection whose first output is its preface and settings.
    public init(role: Role, settings: ConnectionSettings) {
        self.role = role
        self.settings = settings
        meter = FrameMeter(role: role, settings: settings)
        session = NativeSession(role: role, settings: settings)
        session.attach(to: self)
    }

    /// Feeds received bytes; what they mean comes out of ``nextEvent()``, what they demand in answer out of
    /// ``collectOutput(into:byteLimit:)``.
    ///
    /// - Throws: when the connection must end; GOAWAY is then in the output: send it and close.
    public func receive(_ bytes: RawSpan, nowNanoseconds: UInt64) throws(ConnectionError) {
        if let failure { throw fail(failure) }
        self.nowNanoseconds = nowNanoseconds
        counts.receivedByteCount += bytes.byteCount
        do {
            try meter.receive(bytes, nowNanoseconds: nowNanoseconds)
        } catch {
            throw fail(error)
        }
        let code = withExtendedLifetime(self) { session.receive(bytes) }
        if let failure { throw fail(failure) }
        if code < 0 { throw fail(ConnectionError(nghttp2Code: code)) }
        // Control frames leave nghttp2 at once: whether it has given the connection up shows in its GOAWAY only.
        sendFrames(allowance: 0)
        if let failure { throw fail(failure) }
        if unreadAcknowledgements > settings.maxUnreadAcknowledgements {
            throw fail(ConnectionError(.enhanceYourCalm, .acknowledgementsUnread))
        }
    }

    /// The next thing that happened, in order; nil when all were taken. Ask after every ``receive(_:nowNanoseconds:)`` and
    /// after every ``collectOutput(into:byteLimit:)``: sending drains and closes streams too.
    public func nextEvent() -> Event? {
        guard let event = events.next() else { return nil }
        if case .data(let stream, let bytes, _) = event, !bytes.isEmpty {
            session.consume(stream, count: bytes.count)
        }
        return event
    }

    /// Opens a stream with a request's header block.
    ///
    /// - Shape: a request beyond the peer's stream limit waits inside; after the peer's GOAWAY it ends with
    ///   ``Event/reset(_:_:)`` REFUSED_STREAM.
    /// - Precondition: this is a client that opened fewer than 2^30 streams.
    public func openStream(_ headers: HeaderBlock, endsStream: Bool) -> StreamID {
        precondition(role == .client)
        let number = session.submitRequest(headers, endsStream: endsStream)
        precondition(number > 0, "no stream number left")
        let stream = Stream(id: StreamID(rawValue: number))
        stream.isAnnounced = true
        stream.headersSubmitted = true
        stream.endRequested = endsStream
        streams[number] = stream
        return stream.id
    }

    /// Answers a request with a header block; with `endsStream` that is the whole response.
    ///
    /// - Precondition: called once per stream, by a server.
    public func sendHeaders(_ stream: StreamID, _ headers: HeaderBlock, endsStream: Bool) {
        guard let open = writable(stream) else { return }
        precondition(role == .server)
        precondition(!open.headersSubmitted)
        open.headersSubmitted = true
        open.endRequested = endsStream
        session.submitResponse(stream, headers, endsStream: endsStream)
    }

    /// Queues body bytes behind those queued before.
    ///
    /// - Precondition: headers were sent, the end was not.
    public func sendData(_ stream: StreamID, _ slices: [Slice]) {
        guard let open = writable(stream) else { return }
        precondition(open.headersSubmitted)
        precondition(!open.endRequested)
        open.queue.append(slices)
        resumeIfDeferred(open)
    }

    /// Ends this side of the stream after all queued bytes, with a trailer section if there is one.
    ///
    /// - Precondition: headers were sent, the end was not.
    public func endStream(_ stream: StreamID, trailers: HeaderBlock?) {
        guard let open = writable(stream) else { return }
        precondition(open.headersSubmitted)
        precondition(!open.endRequested)
        open.endRequested = true
        open.trailers = trailers
        resumeIfDeferred(open)
    }

    /// Ends the stream at once; what is queued is dropped.
    public func reset(_ stream: StreamID, _ code: ErrorCode) {
        guard let open = writable(stream) else { return }
        open.resetByCaller = true
        open.queue.removeAll()
        session.reset(stream.rawValue, code)
    }

    /// Says that the connection ends.
    ///
    /// With `noError` it is a drain: the peer is told to open no more streams, one round trip later which stream was the
    /// last, and running streams go on. Any other code ends everything at once.
    public func goAway(_ code: ErrorCode) {
        guard !isTerminating else { return }
        guard code == .noError else {
            isTerminating = true
            session.terminate(code)
            return
        }
        guard drainState == .serving else { return }
        drainState = .announced
        guard role == .server else {
            drainState = .final
            session.goAway()
            return
        }
        session.announceShutdown()
        session.ping(opaqueData: PingMark.drain)
    }

    /// Asks the peer for a sign of life, reported as ``Event/pingAcknowledged``.
    public func ping() {
        guard !isTerminating else { return }
        session.ping(opaqueData: PingMark.caller)
    }

    /// Body bytes given to ``sendData(_:_:)`` and not yet collected.
    public func queuedByteCount(_ stream: StreamID) -> Int {
        streams[stream.rawValue]?.queue.byteCount ?? 0
    }

    /// Moves what may be sent now behind `output`: frame heads in small fresh slices, bodies as the very slices given.
    ///
    /// - Shape: stops adding bodies at `byteLimit` bytes; small control frames may pass it.
    /// - Returns: the bytes added.
    /// - Precondition: what was collected before has been sent, or the answers owed to the peer are no longer bounded.
    public func collectOutput(into output: inout [Slice], byteLimit: Int) -> Int {
        sendFrames(allowance: byteLimit - pendingByteCount)
        let added = pendingByteCount
        if output.isEmpty {
            swap(&output, &pending)
        } else {
            output.append(contentsOf: pending)
            pending.removeAll(keepingCapacity: true)
        }
        pendingByteCount = 0
        unreadAcknowledgements = 0
        return added
    }

    /// Whether a call to ``collectOutput(into:byteLimit:)`` could add something.
    public var hasOutput: Bool { pendingByteCount > 0 || session.wantsWrite }

    /// Whether nothing more will be read or written: time to close.
    public var isFinished: Bool {
        pendingByteCount == 0 && (failure != nil || !session.wantsRead && !session.wantsWrite)
    }

    /// Streams that are not closed.
    public var openStreamCount: Int { streams.count }

    /// Whether the peer's first SETTINGS frame has come.
    public private(set) var hasPeerSettings = false

    /// Whether a header block has begun and not ended; a peer must not stay in it for long.
    public var isInsideHeaderBlock: Bool { meter.isInsideHeaderBlock }

    /// Counts so far.
    public var statistics: Statistics {
        var counts = counts
        counts.receivedFrameCount = meter.frameCount
        return counts
    }

    func peerSettingsCame() { hasPeerSettings = true }

    /// The stream, unless it is gone or was reset.
    private func writable(_ stream: StreamID) -> Stream? {
        guard let open = streams[stream.rawValue], !open.resetByCaller, !open.resetReported else { return nil }
        return open
    }

    private func resumeIfDeferred(_ stream: Stream) {
        guard stream.isDeferred else { return }
        stream.isDeferred = false
        session.resume(stream.id)
    }

    /// Puts GOAWAY into the output, unless nghttp2 has done so.
    private func fail(_ error: ConnectionError) -> ConnectionError {
        failure = error
        if !isTerminating {
            isTerminating = true
            session.terminate(error.code)
        }
        sendFrames(allowance: 0)
        return error
    }
}

/// How far a graceful end has come.
enum DrainState {
    case serving, announced, final
}

/// What tells this side's PING frames apart.
enum PingMark {
    static let caller: UInt64 = 0x7071_652d_7069_6e67
    static let drain: UInt64 = 0x7071_652d_6472_6169
}
