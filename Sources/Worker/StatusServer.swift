import Bytes
import Http1
import Reactor

/// The two small HTTP ports: metrics for Prometheus, health for the orchestrator.
///
/// One request for each connection: these are asked every few seconds, by programs that reconnect.
final class StatusServer {
    /// What a path answers.
    struct Answer {
        var status: Int
        var contentType: String
        var body: String
    }

    private static let requestNanoseconds: UInt64 = 5_000_000_000
    private static let receiveByteCount = 4 << 10

    private let loop: EventLoop
    private let listener: Listener
    private let answer: (String) async -> Answer?

    /// - Parameter answer: what a path gives; nil for 404.
    init(port: UInt16, loop: EventLoop, answer: @escaping (String) async -> Answer?) throws(KernelError) {
        guard let any = SocketAddress(numeric: "0.0.0.0", port: port) else { preconditionFailure("no address") }
        self.loop = loop
        self.answer = answer
        listener = try Listener(on: any, loop: loop)
    }

    func run() {
        listener.run { [self] socket in
            loop.spawn { [self] in
                let timer = loop.schedule(at: loop.now() + Self.requestNanoseconds) { socket.cancelOperations() }
                await serve(socket)
                loop.cancel(timer)
                socket.close()
            }
        }
    }

    private func serve(_ socket: Socket) async {
        var reader = RequestHeadReader()
        let buffer = Block.allocate(capacity: Self.receiveByteCount).slice(0, count: Self.receiveByteCount)
        while reader.head == nil {
            guard let count = try? await socket.receive(into: buffer), count > 0 else { return }
            guard (try? reader.receive(buffer.extracting(0..<count).bytes)) != nil else { return }
        }
        guard let head = reader.head else { return }
        let path = String(head.target.prefix { $0 != "?" })
        var answer = Answer(status: 405, contentType: "text/plain", body: "method not allowed\n")
        if head.method == "GET" || head.method == "HEAD" {
            answer = await self.answer(path) ?? Answer(status: 404, contentType: "text/plain", body: "not found\n")
        }
        var fields = HeaderFields()
        fields.append("Content-Type", answer.contentType)
        fields.append("Content-Length", "\(answer.body.utf8.count)")
        fields.append("Connection", "close")
        let text =
            ResponseHead(status: answer.status, fields: fields).encode()
            + (head.method == "HEAD" ? [] : Array(answer.body.utf8))
        try? await socket.send([Slice(copying: text)])
    }
}
