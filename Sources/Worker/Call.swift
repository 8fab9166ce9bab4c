import Bytes
import Grpc
import Http2
import Reactor

/// One gRPC call on one stream: what the client asked, and the way to answer.
final class Call {
    /// Bytes that may wait in the stream's queue before the producer pauses: less than a batch, so that one is handed to the
    /// kernel while it is in the cache, before the next is decoded. With that one a slow reader holds two.
    static let queueByteLimit = 256 << 10

    let stream: StreamID
    let route: Route
    /// All request fields without a colon.
    let metadata: Metadata
    /// Called once, when nobody wants the answer any more.
    var onCancel: (() -> Void)?

    private let connection: ClientConnection
    private var grpc: ServerCall
    private let room = Suspension()
    private var request: [UInt8]?
    private var deadline: TimerID?
    private var requestDeadline: TimerID?
    private(set) var isOver = false
    private(set) var hasSentMessage = false

    init(
        stream: StreamID, route: Route, metadata: Metadata, grpc: ServerCall, connection: ClientConnection
    ) {
        self.stream = stream
        self.route = route
        self.metadata = metadata
        self.grpc = grpc
        self.connection = connection
    }

    // MARK: Request

    /// Takes bytes of the request; gives its message once the client has said all.
    func receive(_ bytes: [UInt8], endsStream: Bool) throws(Status) -> [UInt8]? {
        let messages = try grpc.receiveData(bytes, endsStream: endsStream)
        request = messages.first ?? request
        guard grpc.requestEnded else { return nil }
        cancelTimer(&requestDeadline)
        defer { request = nil }
        return request
    }

    /// Ends the call with DEADLINE_EXCEEDED unless it is over by then.
    func setDeadline(nanoseconds: UInt64) {
        deadline = schedule(nanoseconds, "the call's deadline has passed")
    }

    /// Ends the call unless its request is complete by then.
    func setRequestDeadline(nanoseconds: UInt64) {
        requestDeadline = schedule(nanoseconds, "the request did not arrive in time")
    }

    private func schedule(_ nanoseconds: UInt64, _ reason: String) -> TimerID {
        let (time, overflow) = connection.loop.now().addingReportingOverflow(nanoseconds)
        return connection.loop.schedule(at: overflow ? .max : time) { [self] in
            abort(Status(.deadlineExceeded, reason))
        }
    }

    private func cancelTimer(_ timer: inout TimerID?) {
        if let timer { connection.loop.cancel(timer) }
        timer = nil
    }

    // MARK: Response

    /// Queues one message and suspends while the queue is full.
    ///
    /// - Parameter message: head and body slices; sent as they are.
    /// - Throws: CANCELLED when nobody reads any more.
    func send(_ message: [Slice]) async throws(Status) {
        try checkOpen()
        if !hasSentMessage {
            hasSentMessage = true
            connection.http2.sendHeaders(stream, HeaderBlock(grpc.start()), endsStream: false)
        }
        connection.http2.sendData(stream, message)
        connection.flush()
        while !isOver, connection.http2.queuedByteCount(stream) > Self.queueByteLimit {
            await room.wait()
        }
        try checkOpen()
    }

    private func checkOpen() throws(Status) {
        if isOver { throw Status(.cancelled, "the call is over") }
    }

    /// Ends the call: everything queued is sent first.
    func finish(_ status: Status) {
        guard !isOver else { return }
        end()
        switch grpc.finish(status) {
        case .trailersOnly(let fields): connection.http2.sendHeaders(stream, HeaderBlock(fields), endsStream: true)
        case .trailers(let fields): connection.http2.endStream(stream, trailers: HeaderBlock(fields))
        case .none: break
        }
        connection.flush()
    }

    /// Ends the call from outside its own code, which learns of it at its next step.
    func abort(_ status: Status) {
        guard !isOver else { return }
        finish(status)
        onCancel?()
        onCancel = nil
        resume()
    }

    /// The stream or its connection is gone.
    func lose() {
        guard !isOver else { return }
        end()
        onCancel?()
        onCancel = nil
        resume()
    }

    /// The queue has room again.
    func resume() {
        room.wake()
    }

    private func end() {
        isOver = true
        cancelTimer(&deadline)
        cancelTimer(&requestDeadline)
    }
}

extension HeaderBlock {
    /// gRPC's fields as HTTP/2's.
    init(_ metadata: Metadata) {
        self = metadata.map { HeaderField(name: $0.name, value: $0.value) }
    }
}
