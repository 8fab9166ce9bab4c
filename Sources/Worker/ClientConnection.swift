import Bytes
import Grpc
import Http2
import Logging
import Reactor

/// One client's HTTP/2 connection on its home core: moves bytes between socket and protocol, and starts calls.
final class ClientConnection {
    /// Bytes of one receive; a ticket usually fits.
    private static let receiveByteCount = 16 << 10
    /// Bytes of one gather list.
    private static let sendByteLimit = 1 << 20
    /// How long a client may take to send its settings.
    private static let prefaceNanoseconds: UInt64 = 5_000_000_000
    /// How long the last answers may take to leave once the client has ended its side, and how long the client may take to
    /// end its side once they have left.
    private static let lingerNanoseconds: UInt64 = 5_000_000_000
    /// How long a request's message may take to arrive.
    private static let requestNanoseconds: UInt64 = 10_000_000_000

    let loop: EventLoop
    let http2: Http2.Connection
    private let socket: Socket
    private let core: Core
    private var calls: [StreamID: Call] = [:]
    private let output = Suspension()
    private var isClosed = false
    private var isSending = false
    private var endsWhenSent = false
    private var isDraining = false
    /// Whether all is said, and only the client's end is waited for.
    private var isLeaving = false
    private var linger: TimerID?

    init(socket: Socket, core: Core) {
        self.socket = socket
        self.core = core
        loop = core.loop
        var settings = ConnectionSettings.server
        settings.lowWaterByteCount = Call.queueByteLimit
        http2 = Http2.Connection(role: .server, settings: settings)
    }

    /// Whether a call is being served, or its answer is still to leave or to be read.
    var isBusy: Bool { !calls.isEmpty || isSending || http2.hasOutput || isLeaving }

    /// Serves the connection until either side ends it.
    func run() async {
        loop.spawn { [self] in await sendLoop() }
        let preface = loop.schedule(at: loop.now() + Self.prefaceNanoseconds) { [self] in
            if !http2.hasPeerSettings { close() }
        }
        flush()
        await receiveLoop()
        loop.cancel(preface)
        for stream in Array(calls.keys) { forget(stream) }
        // Answers to what was received may still wait; a client that is gone ends this with an error.
        if !http2.hasOutput, !isSending { close() }
        endsWhenSent = true
        flush()
        // A client that no longer reads would keep the rest, and the descriptor, for ever.
        closeLater()
    }

    /// Ends our side only: closed with octets unread, or with more to come, the connection would be reset, and a client that has
    /// not read all of its answers yet would lose the rest.
    private func leave() {
        guard !isLeaving else { return }
        isLeaving = true
        socket.shutdownOutput()
        closeLater()
    }

    private func closeLater() {
        guard !isClosed, linger == nil else { return }
        linger = loop.schedule(at: loop.now() + Self.lingerNanoseconds) { [self] in close() }
    }

    /// Refuses new calls, lets running ones finish.
    func drain() {
        isDraining = true
        http2.goAway(.noError)
        flush()
    }

    /// Sends what is waiting, with the loop's next turn.
    func flush() {
        output.wake()
    }

    /// Ends the connection at once.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        for stream in Array(calls.keys) { forget(stream) }
        if let linger { loop.cancel(linger) }
        socket.close()
        flush()
        core.connectionEnded(self)
    }

    // MARK: Bytes

    private func receiveLoop() async {
        let buffer = core.pool.take(byteCount: Self.receiveByteCount).slice(0, count: Self.receiveByteCount)
        while !isClosed {
            let count: Int
            do throws(KernelError) {
                count = try await socket.receive(into: buffer)
            } catch {
                return close()
            }
            guard count > 0 else { return }
            guard !isLeaving else { continue }
            do throws(ConnectionError) {
                try http2.receive(buffer.bytes.extracting(0..<count), nowNanoseconds: loop.now())
            } catch {
                core.log.debug(.connectionEnded, now: loop.now(), ["reason": "\(error.reason)"])
                handleEvents()
                return
            }
            handleEvents()
            flush()
        }
    }

    private func sendLoop() async {
        var slices: [Slice] = []
        while !isClosed {
            slices.removeAll(keepingCapacity: true)
            let byteCount = http2.collectOutput(into: &slices, byteLimit: Self.sendByteLimit)
            handleEvents()
            guard byteCount > 0 else {
                if endsWhenSent { return close() }
                if http2.isFinished || isDraining && calls.isEmpty { leave() }
                core.becameIdle()
                await output.wait()
                continue
            }
            do throws(KernelError) {
                isSending = true
                try await socket.send(slices)
                isSending = false
            } catch {
                return close()
            }
            core.metrics.bytesSent.add(byteCount)
            core.metrics.bodyBytesInPlace.add(slices.reduce(0) { $0 + ($1.block.isMessageBody ? $1.count : 0) })
        }
    }

    // MARK: Events

    private func handleEvents() {
        while let event = http2.nextEvent() {
            switch event {
            case .headers(let stream, let fields, let endsStream):
                open(stream, fields, endsStream: endsStream)
            case .data(let stream, let bytes, let endsStream):
                receive(stream, bytes, endsStream: endsStream)
            case .trailers(let stream, _):
                receive(stream, [], endsStream: true)
            case .drained(let stream):
                calls[stream]?.resume()
            case .reset(let stream, _), .closed(let stream):
                forget(stream)
            case .goAway, .settingsAcknowledged, .pingAcknowledged:
                break
            }
        }
    }

    private func forget(_ stream: StreamID) {
        guard let call = calls.removeValue(forKey: stream) else { return }
        call.lose()
        core.metrics.openCalls.add(-1)
    }

    private func open(_ stream: StreamID, _ fields: HeaderBlock, endsStream: Bool) {
        var grpc = ServerCall(messageByteLimit: core.configuration.requestByteLimit)
        let action = grpc.receiveHeaders(fields.map { (name: $0.name, value: $0.value) })
        if case .rejectHTTP(let status) = action {
            return http2.sendHeaders(stream, HeaderBlock(ServerCall.httpError(status)), endsStream: true)
        }
        var metadata: Metadata = []
        var route = Route.unknown
        var rejection: Status?
        var timeout: UInt64?
        switch action {
        case .start(let path, let timeoutNanoseconds, let fields):
            metadata = fields
            timeout = timeoutNanoseconds
            route = Route(path: path)
            rejection = route.refusal
        case .reject(let status): rejection = status
        case .rejectHTTP: break
        }
        grpc.expectsOneMessage = route.expectsOneMessage
        let call = Call(stream: stream, route: route, metadata: metadata, grpc: grpc, connection: self)
        calls[stream] = call
        core.metrics.callsStarted.add()
        core.metrics.openCalls.add()
        if let rejection { return call.finish(rejection) }
        if let timeout { call.setDeadline(nanoseconds: timeout) }
        call.setRequestDeadline(nanoseconds: Self.requestNanoseconds)
        if endsStream { receive(stream, [], endsStream: true) }
    }

    private func receive(_ stream: StreamID, _ bytes: [UInt8], endsStream: Bool) {
        guard let call = calls[stream], !call.isOver else { return }
        do throws(Status) {
            guard let message = try call.receive(bytes, endsStream: endsStream) else { return }
            let service = FlightService(core: core, call: call)
            loop.spawn { await service.serve(message) }
        } catch {
            call.finish(error)
        }
    }
}
