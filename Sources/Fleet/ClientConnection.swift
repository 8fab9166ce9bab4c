import Bytes
import Grpc
import Http2
import Reactor

/// One HTTP/2 connection to a worker: moves bytes between socket and protocol, and knows which call they belong to.
///
/// - Shape: when one call's reader lags, nothing more is received for any; a call that must not wait wants a connection of
///   its own.
final class ClientConnection {
    private static let receiveByteCount = 256 << 10
    private static let sendByteLimit = 1 << 20
    /// Silence after which the worker is asked for a sign of life, and again after which it is given up.
    private static let silenceNanoseconds: UInt64 = 15_000_000_000

    let loop: EventLoop
    private let authority: String
    private let socket: Socket
    private let http2 = Http2.Connection(role: .client, settings: .client)
    private var calls: [StreamID: ClientStream] = [:]
    private let output = Suspension()
    private let room = Suspension()
    private let settled = Suspension()
    private var watch: TimerID?
    private var receivedSinceWatch = false
    private var hasAsked = false
    private var isPaused = false
    /// Why the connection ended; nil while it lives.
    private(set) var failure: Status?

    init(socket: Socket, authority: String, loop: EventLoop) {
        self.socket = socket
        self.authority = authority
        self.loop = loop
    }

    /// Starts both loops and waits until the peer has shown that it speaks HTTP/2.
    func open(deadline: UInt64) async throws(Status) {
        loop.spawn { [self] in await sendLoop() }
        loop.spawn { [self] in await receiveLoop() }
        let timer = loop.schedule(at: deadline) { [self] in
            if !http2.hasPeerSettings { fail(Status(.unavailable, "the peer does not answer in HTTP/2")) }
        }
        while !http2.hasPeerSettings, failure == nil { await settled.wait() }
        loop.cancel(timer)
        if let failure { throw failure }
        keepWatch()
    }

    /// Starts a call whose request is one message.
    func call(path: String, message: [UInt8], metadata: Metadata, timeoutNanoseconds: UInt64?) -> ClientStream {
        let fields = ClientCall.requestHeaders(
            path: path, authority: authority, timeoutNanoseconds: timeoutNanoseconds, metadata: metadata)
        let headers = fields.map { field in
            HeaderField(name: field.name, value: field.value, isSensitive: field.name == WorkerSecret.secretField)
        }
        guard failure == nil else { return ClientStream(connection: self, stream: nil, ended: failure) }
        let stream = http2.openStream(headers, endsStream: false)
        http2.sendData(stream, [MessageFrame.encode(message)])
        http2.endStream(stream, trailers: nil)
        let call = ClientStream(connection: self, stream: stream, ended: nil)
        calls[stream] = call
        if let timeoutNanoseconds { call.setDeadline(nanoseconds: timeoutNanoseconds) }
        output.wake()
        return call
    }

    /// Ends a call early.
    func reset(_ stream: StreamID) {
        http2.reset(stream, .cancel)
        output.wake()
        readerAdvanced()
    }

    /// A call's reader has taken messages.
    func readerAdvanced() {
        room.wake()
    }

    /// Ends the connection and every call on it.
    func fail(_ status: Status) {
        guard failure == nil else { return }
        failure = status
        if let watch { loop.cancel(watch) }
        for call in calls.values { call.lose(status) }
        calls.removeAll()
        socket.close()
        output.wake()
        room.wake()
        settled.wake()
    }

    // MARK: Bytes

    private func receiveLoop() async {
        let buffer = Block.allocate(capacity: Self.receiveByteCount).slice(0, count: Self.receiveByteCount)
        while failure == nil {
            let count: Int
            do throws(KernelError) {
                count = try await socket.receive(into: buffer)
            } catch {
                return fail(Status(.unavailable, "the connection was lost: \(error)"))
            }
            guard count > 0 else { return fail(Status(.unavailable, "the worker closed the connection")) }
            receivedSinceWatch = true
            take(buffer.bytes.extracting(0..<count))
            output.wake()
            if http2.hasPeerSettings { settled.wake() }
            isPaused = true
            while failure == nil, calls.values.contains(where: \.isFull) { await room.wait() }
            isPaused = false
        }
    }

    private func take(_ bytes: RawSpan) {
        do throws(ConnectionError) {
            try http2.receive(bytes, nowNanoseconds: loop.now())
            handleEvents()
        } catch {
            handleEvents()
            let what = error.reason == .notHTTP2 ? "the peer does not speak HTTP/2" : "the peer broke HTTP/2's rules"
            fail(Status(.unavailable, what))
        }
    }

    private func sendLoop() async {
        var slices: [Slice] = []
        while failure == nil {
            slices.removeAll(keepingCapacity: true)
            let byteCount = http2.collectOutput(into: &slices, byteLimit: Self.sendByteLimit)
            handleEvents()
            guard byteCount > 0 else {
                if http2.isFinished { return fail(Status(.unavailable, "the connection has ended")) }
                await output.wait()
                continue
            }
            do throws(KernelError) {
                try await socket.send(slices)
            } catch {
                return fail(Status(.unavailable, "the connection was lost: \(error)"))
            }
        }
    }

    /// A worker whose machine is gone sends nothing, not even an end.
    private func keepWatch() {
        watch = loop.schedule(at: loop.now() + Self.silenceNanoseconds) { [self] in
            if receivedSinceWatch || isPaused || calls.isEmpty {
                hasAsked = false
            } else if hasAsked {
                return fail(Status(.unavailable, "the worker does not answer"))
            } else {
                hasAsked = true
                http2.ping()
                output.wake()
            }
            receivedSinceWatch = false
            keepWatch()
        }
    }

    // MARK: Events

    private func handleEvents() {
        while let event = http2.nextEvent() {
            switch event {
            case .headers(let stream, let fields, let endsStream):
                calls[stream]?.receiveHeaders(Metadata(fields), endsStream: endsStream)
            case .data(let stream, let bytes, let endsStream):
                calls[stream]?.receiveData(bytes, endsStream: endsStream)
            case .trailers(let stream, let fields): calls[stream]?.receiveTrailers(Metadata(fields))
            case .reset(let stream, let code): calls[stream]?.receiveReset(code.rawValue)
            case .closed(let stream):
                calls.removeValue(forKey: stream)?.lose(Status(.unavailable, "the stream was closed early"))
            case .drained, .goAway, .settingsAcknowledged, .pingAcknowledged: break
            }
        }
    }
}

extension Metadata {
    /// HTTP/2's fields as gRPC's.
    fileprivate init(_ fields: HeaderBlock) {
        self = fields.map { (name: $0.name, value: $0.value) }
    }
}
