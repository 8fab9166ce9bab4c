import Bytes
import Grpc
import Http2
import Reactor

/// A gRPC server of few words on a free loopback port.
final class ScriptedServer {
    let listener: Listener
    private let loop: EventLoop
    private let answer: (Answer) async -> Void
    private(set) var lastAnswer: Answer?

    /// - Parameter answer: says what happens once a request has come whole.
    init(on loop: EventLoop, answer: @escaping (Answer) async -> Void) throws {
        self.loop = loop
        self.answer = answer
        guard let address = SocketAddress(numeric: "127.0.0.1", port: 0) else { throw KernelError.notFound }
        listener = try Listener(on: address, loop: loop)
        listener.run { [self] socket in
            let connection = Http2.Connection(role: .server, settings: .server)
            let output = Suspension()
            loop.spawn { [self] in await send(socket, connection, output) }
            loop.spawn { [self] in await receive(socket, connection, output) }
        }
    }

    private func send(_ socket: Socket, _ connection: Http2.Connection, _ output: Suspension) async {
        var slices: [Slice] = []
        while true {
            slices.removeAll()
            if connection.collectOutput(into: &slices, byteLimit: 256 << 10) == 0 {
                await output.wait()
            } else {
                do { try await socket.send(slices) } catch { return }
            }
        }
    }

    private func receive(_ socket: Socket, _ connection: Http2.Connection, _ output: Suspension) async {
        let buffer = Block.allocate(capacity: 64 << 10).slice(0, count: 64 << 10)
        var requests: [StreamID: Answer] = [:]
        while let count = try? await socket.receive(into: buffer), count > 0 {
            try? connection.receive(buffer.bytes.extracting(0..<count), nowNanoseconds: loop.now())
            while let event = connection.nextEvent() {
                switch event {
                case .headers(let stream, let fields, _):
                    requests[stream] = Answer(stream, fields, connection, socket, output)
                case .data(let stream, let bytes, let endsStream):
                    guard let request = requests[stream] else { continue }
                    request.message += bytes
                    lastAnswer = request
                    if endsStream { loop.spawn { [self] in await answer(request) } }
                case .reset(let stream, let code): requests[stream]?.resetCode = code
                default: break
                }
            }
            output.wake()
        }
        socket.close()
    }
}

/// One request, and the means to answer it.
final class Answer {
    private let stream: StreamID
    private let connection: Http2.Connection
    private let socket: Socket
    private let output: Suspension
    let fields: HeaderBlock
    /// With its gRPC prefix.
    var message: [UInt8] = []
    var resetCode: ErrorCode?

    init(
        _ stream: StreamID, _ fields: HeaderBlock, _ connection: Http2.Connection, _ socket: Socket,
        _ output: Suspension
    ) {
        self.stream = stream
        self.fields = fields
        self.connection = connection
        self.socket = socket
        self.output = output
    }

    var queuedByteCount: Int { connection.queuedByteCount(stream) }

    func sendHeaders(_ more: HeaderBlock = [], endsStream: Bool = false) {
        let start = [
            HeaderField(name: ":status", value: "200"), HeaderField(name: "content-type", value: "application/grpc"),
        ]
        connection.sendHeaders(stream, start + more, endsStream: endsStream)
        output.wake()
    }

    func send(_ message: [UInt8]) {
        connection.sendData(stream, [MessageFrame.encode(message)])
        output.wake()
    }

    func end(_ status: StatusCode, _ text: String = "") {
        let trailers = [
            HeaderField(name: "grpc-status", value: "\(status.rawValue)"),
            HeaderField(name: "grpc-message", value: text),
        ]
        connection.endStream(stream, trailers: trailers)
        output.wake()
    }

    func reset(_ code: ErrorCode) {
        connection.reset(stream, code)
        output.wake()
    }

    func closeConnection() { socket.close() }
}
