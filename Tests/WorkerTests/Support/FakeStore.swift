import Bytes
import Grpc
import Reactor
import S3

@testable import Worker

/// An object store on the loopback interface that answers as the test says.
final class FakeStore {
    /// One request as it came.
    struct Request {
        /// Counted from 0.
        var connection: Int
        /// Counted from 0 on its connection.
        var number: Int
        var lines: [Substring]

        func field(_ name: String) -> String? {
            let line = lines.first { $0.lowercased().hasPrefix(name + ":") }
            return line.map { String($0.dropFirst(name.count + 1).drop { $0 == " " }) }
        }

        /// The asked range; nil for a suffix or all.
        var range: Range<Int>? {
            let numbers = field("range").map { $0.dropFirst("bytes=".count).split(separator: "-") } ?? []
            guard numbers.count == 2, let first = Int(numbers[0]), let last = Int(numbers[1]) else { return nil }
            return first..<last + 1
        }
    }

    /// What the store does about a request.
    enum Reaction {
        /// Sends pieces one by one and waits for the next request.
        case send([[UInt8]])
        /// The same, then closes.
        case sendAndClose([[UInt8]])
        /// Does nothing until the client closes.
        case silence
    }

    /// Byte `n` of the object is `n % 251`.
    static let object = (0..<1000).map { UInt8($0 % 251) }

    private let loop: EventLoop
    private let listener: Listener
    private let react: (Request) async -> Reaction
    private(set) var requests: [Request] = []
    private(set) var connectionCount = 0
    private(set) var openCount = 0
    private(set) var largestOpenCount = 0

    init(on loop: EventLoop, _ react: @escaping (Request) async -> Reaction) throws {
        guard let loopback = SocketAddress(numeric: "127.0.0.1", port: 0) else { preconditionFailure("no loopback") }
        self.loop = loop
        self.react = react
        listener = try Listener(on: loopback, loop: loop)
        listener.run { [self] socket in
            let connection = connectionCount
            connectionCount += 1
            openCount += 1
            largestOpenCount = max(largestOpenCount, openCount)
            loop.spawn { [self] in
                await serve(socket, connection)
                socket.close()
                openCount -= 1
            }
        }
    }

    func close() {
        listener.close()
    }

    var port: UInt16 { listener.address.port }

    private func serve(_ socket: Socket, _ connection: Int) async {
        let buffer = Block.allocate(capacity: 4096).slice(0, count: 4096)
        for number in 0... {
            var head: [UInt8] = []
            while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
                guard let count = try? await socket.receive(into: buffer), count > 0 else { return }
                head += buffer.extracting(0..<count).copiedBytes()
            }
            let lines = String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline)
            let request = Request(connection: connection, number: number, lines: lines)
            requests.append(request)
            switch await react(request) {
            case .send(let pieces): guard await send(pieces, to: socket) else { return }
            case .sendAndClose(let pieces):
                _ = await send(pieces, to: socket)
                return
            case .silence:
                _ = try? await socket.receive(into: buffer)
                return
            }
        }
    }

    private func send(_ pieces: [[UInt8]], to socket: Socket) async -> Bool {
        for (index, piece) in pieces.enumerated() {
            guard (try? await socket.send([Slice(copying: piece)])) != nil else { return false }
            // So that the client sees them one by one.
            if index + 1 < pieces.count { await loop.sleep(nanoseconds: 200_000) }
        }
        return true
    }

    // MARK: Answers

    /// The asked part of the object, well served.
    static func part(_ request: Request, of object: [UInt8] = object, tag: String = "\"v1\"") -> [UInt8] {
        let range = served(request, byteCount: object.count)
        return head(
            206,
            [
                "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(object.count)",
                "Content-Length: \(range.count)", "ETag: \(tag)",
            ]) + object[range]
    }

    /// The range that a request asks for.
    static func served(_ request: Request, byteCount: Int = object.count) -> Range<Int> {
        if let range = request.range { return range.clamped(to: 0..<byteCount) }
        let suffix = request.field("range").flatMap { Int($0.dropFirst("bytes=-".count)) } ?? byteCount
        return max(0, byteCount - suffix)..<byteCount
    }

    static func head(_ status: Int, _ fields: [String]) -> [UInt8] {
        Array((["HTTP/1.1 \(status) X"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
    }

    // MARK: Clients

    func endpoint() throws -> Endpoint {
        try Endpoint.parse("http://127.0.0.1:\(port)", region: "", allowHTTP: true)
    }
}

/// A pool and what it counts.
struct StoreClient {
    let loop: EventLoop
    let pool: StorePool
    let memory = BlockPool(idleLimitByteCount: 1 << 20)
    let metrics = Metrics()
    let endpoint: Endpoint
    let keys: FragmentKeys
    let location: ObjectLocation

    init(on loop: EventLoop, _ endpoint: Endpoint, limits: StorePool.Limits = StorePool.Limits()) throws {
        self.loop = loop
        self.endpoint = endpoint
        keys = FragmentKeys(try Credentials(accessKey: "", secretKey: "", sessionToken: nil))
        location = try ObjectLocation.parse("s3://lake/k")
        pool = StorePool(
            loop: loop,
            shared: StorePool.Shared(resolver: Resolver(), metrics: metrics, trust: try StoreTrust(file: nil)),
            buffers: memory, limits: limits)
    }

    /// A range of the object by one request, or why not.
    func read(
        _ range: Range<Int>, _ cancellation: Cancellation = Cancellation()
    ) async -> Result<[UInt8], Status> {
        let part = ByteRange(offset: UInt64(range.lowerBound), count: UInt64(range.count))
        let target = RangeTarget(byteCount: range.count, of: AgreedVersion(), memory: memory)
        let (endpoint, location, credentials) = (endpoint, location, keys.current.credentials)
        do throws(StoreFailure) {
            try await pool.perform(
                to: endpoint.origin(of: location), cancellation: cancellation
            ) { () throws(S3Error) in
                try ObjectFetch(
                    request: ObjectRequest(location: location, part: .range(part)), endpoint: endpoint,
                    credentials: credentials, secondsSince1970: 0)
            } accept: { _ in
                target
            }
            return .success(target.bytes.copiedBytes())
        } catch {
            return .failure(Status(storeFailure: error, location: location))
        }
    }

    /// Reads several ranges at once.
    func readTogether(_ ranges: [Range<Int>]) async -> [Result<[UInt8], Status>] {
        var results = [Result<[UInt8], Status>?](repeating: nil, count: ranges.count)
        let change = Suspension()
        for (index, range) in ranges.enumerated() {
            loop.spawn {
                results[index] = await read(range)
                change.wake()
            }
        }
        while results.contains(where: { $0 == nil }) { await change.wait() }
        return results.compactMap { $0 }
    }

    /// The object, read with at most so many tries.
    func object(attemptLimit: Int = 1, keyWaitNanoseconds: UInt64 = 0) -> StoreObject {
        let policy = RetryPolicy(attemptLimit: attemptLimit, baseNanoseconds: 1000, capNanoseconds: 2_000_000)
        let shared = StoreReader.Shared(
            loop: loop, pool: pool, states: EndpointStates(), metrics: metrics, policy: policy,
            keyWaitNanoseconds: keyWaitNanoseconds)
        return StoreObject(
            location: location, store: StoreReader(shared, endpoint: endpoint, keys: keys), memory: memory)
    }
}

extension Result<[UInt8], Status> {
    /// The code of the failure; nil for success.
    var code: Int? {
        if case .failure(let status) = self { return status.code.rawValue }
        return nil
    }
}
