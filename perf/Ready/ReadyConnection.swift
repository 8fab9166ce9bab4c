import Bytes
import Grpc
import Http2
import Reactor

/// One client's connection: every call on it is answered with the whole stream, as fast as the client takes it.
///
/// Queues as much, and sends as much at once, as the worker does (`Worker/Call.swift`, `Worker/ClientConnection.swift`).
final class ReadyConnection {
    private static let queueByteLimit = 256 << 10
    private static let sendByteLimit = 1 << 20
    private static let receiveByteCount = 16 << 10

    private struct Call {
        var grpc = ServerCall(messageByteLimit: 1 << 20)
        var hasBegun = false
        var nextMessage = 0
    }

    private let socket: Socket
    private let loop: EventLoop
    private let stream: ReadyStream
    private let http2: Connection
    private let output = Suspension()
    private var calls: [StreamID: Call] = [:]
    private var isClosed = false

    init(socket: Socket, loop: EventLoop, stream: ReadyStream) {
        self.socket = socket
        self.loop = loop
        self.stream = stream
        var settings = ConnectionSettings.server
        settings.lowWaterByteCount = Self.queueByteLimit
        http2 = Connection(role: .server, settings: settings)
    }

    /// Serves every connection to a port of the loopback interface; false when there is no listening on it.
    static func acceptAll(port: UInt16, loop: EventLoop, stream: ReadyStream) -> Bool {
        guard let address = SocketAddress(numeric: "127.0.0.1", port: port),
            let listener = try? Listener(on: address, loop: loop)
        else { return false }
        listener.run { socket in
            let connection = ReadyConnection(socket: socket, loop: loop, stream: stream)
            loop.spawn { await connection.run() }
        }
        return true
    }

    private func run() async {
        loop.spawn { [self] in await sendLoop() }
        let block = Block.allocate(capacity: Self.receiveByteCount)
        let buffer = block.slice(0, count: Self.receiveByteCount)
        while !isClosed, let count = try? await socket.receive(into: buffer), count > 0 {
            guard (try? http2.receive(buffer.bytes.extracting(0..<count), nowNanoseconds: loop.now())) != nil else {
                break
            }
            handleEvents()
            output.wake()
        }
        close()
    }

    private func close() {
        guard !isClosed else { return }
        isClosed = true
        socket.close()
        output.wake()
    }

    private func sendLoop() async {
        var slices: [Slice] = []
        while !isClosed {
            slices.removeAll(keepingCapacity: true)
            let byteCount = http2.collectOutput(into: &slices, byteLimit: Self.sendByteLimit)
            handleEvents()
            guard byteCount > 0 else {
                await output.wait()
                continue
            }
            guard (try? await socket.send(slices)) != nil else { return close() }
        }
    }

    private func handleEvents() {
        while let event = http2.nextEvent() {
            switch event {
            case .headers(let id, let fields, _):
                var call = Call()
                _ = call.grpc.receiveHeaders(fields.map { (name: $0.name, value: $0.value) })
                calls[id] = call
            case .data(let id, let bytes, let endsStream):
                guard (try? calls[id]?.grpc.receiveData(bytes, endsStream: endsStream)) != nil, endsStream else {
                    continue
                }
                fill(id)
            case .drained(let id): fill(id)
            case .reset(let id, _), .closed(let id): calls[id] = nil
            case .trailers, .goAway, .settingsAcknowledged, .pingAcknowledged: break
            }
        }
    }

    /// Queues messages until there are enough.
    private func fill(_ id: StreamID) {
        guard var call = calls[id], call.nextMessage < stream.messages.count else { return }
        if !call.hasBegun {
            call.hasBegun = true
            http2.sendHeaders(id, Self.block(call.grpc.start()), endsStream: false)
        }
        while call.nextMessage < stream.messages.count, http2.queuedByteCount(id) <= Self.queueByteLimit {
            http2.sendData(id, stream.messages[call.nextMessage])
            call.nextMessage += 1
        }
        if call.nextMessage == stream.messages.count, case .trailers(let fields) = call.grpc.finish(.ok) {
            http2.endStream(id, trailers: Self.block(fields))
        }
        calls[id] = call
        output.wake()
    }

    private static func block(_ fields: Metadata) -> HeaderBlock {
        fields.map { HeaderField(name: $0.name, value: $0.value) }
    }
}
