import Bytes

@testable import Http2

/// Two connections that talk through memory.
final class Loopback {
    let client: Connection
    let server: Connection
    var clientEvents: [Event] = []
    var serverEvents: [Event] = []
    /// Every slice the server sent, as collected.
    var serverSlices: [Slice] = []
    /// Bytes fed at once; nil feeds all.
    var pieceByteCount: Int?
    var byteLimit = 1 << 20
    /// Whether to keep what each side sent.
    var isRecording = false
    var bytesFromClient: [UInt8] = []
    var bytesFromServer: [UInt8] = []

    init(client: ConnectionSettings = .client, server: ConnectionSettings = .server) {
        self.client = Connection(role: .client, settings: client)
        self.server = Connection(role: .server, settings: server)
    }

    /// Moves bytes both ways until both sides are quiet.
    func run() throws(ConnectionError) {
        var moved = true
        while moved {
            moved = try move(from: client, to: server)
            moved = try move(from: server, to: client) || moved
        }
    }

    func move(from source: Connection, to target: Connection) throws(ConnectionError) -> Bool {
        var output: [Slice] = []
        let added = source.collectOutput(into: &output, byteLimit: byteLimit)
        precondition(added == output.reduce(0) { $0 + $1.count })
        if source === server { serverSlices += output }
        let bytes = output.flatMap { $0.copiedBytes() }
        if isRecording {
            if source === server { bytesFromServer += bytes } else { bytesFromClient += bytes }
        }
        let size = pieceByteCount ?? max(bytes.count, 1)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try target.receive(
                Array(bytes[start..<min(start + size, bytes.count)]).rawSpan, nowNanoseconds: 0)
            takeEvents()
        }
        takeEvents()
        return added > 0
    }

    func takeEvents() {
        while let event = client.nextEvent() { clientEvents.append(event) }
        while let event = server.nextEvent() { serverEvents.append(event) }
    }

    /// The response body of a stream, joined.
    func body(_ stream: StreamID) -> [UInt8] {
        var joined: [UInt8] = []
        for event in clientEvents {
            if case .data(let source, let bytes, _) = event, source == stream { joined += bytes }
        }
        return joined
    }
}

let request: HeaderBlock = [
    HeaderField(name: ":method", value: "POST"), HeaderField(name: ":scheme", value: "http"),
    HeaderField(name: ":path", value: "/a.B/C"), HeaderField(name: ":authority", value: "worker:50052"),
    HeaderField(name: "content-type", value: "application/grpc"),
    HeaderField(name: "x-secret", value: "open sesame", isSensitive: true),
]
let response: HeaderBlock = [
    HeaderField(name: ":status", value: "200"), HeaderField(name: "content-type", value: "application/grpc"),
]
let trailers: HeaderBlock = [HeaderField(name: "grpc-status", value: "0")]

/// A block of `count` bytes that differ from place to place.
func pattern(_ count: Int, seed: UInt8 = 1) -> Slice {
    Slice(copying: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 8) &+ Int(seed)) })
}

/// Frames for tests that play the client by hand.
enum RawFrame {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    static func frame(type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let length = UInt32(payload.count)
        let head = [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
        return head + big(stream) + payload
    }

    static func big(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    /// SETTINGS without entries, and the answer to the server's.
    static let settings = frame(type: 4) + frame(type: 4, flags: 1)
    static let ping = frame(type: 6, [0, 1, 2, 3, 4, 5, 6, 7])
    static func reset(_ stream: UInt32) -> [UInt8] { frame(type: 3, stream: stream, big(8)) }

    /// `:method POST, :scheme http, :path /, :authority w` without the dynamic table.
    static let requestBlock: [UInt8] = [0x83, 0x86, 0x84, 0x01, 0x01, 0x77]
    static func headers(_ stream: UInt32, flags: UInt8 = 0x4, _ block: [UInt8] = requestBlock) -> [UInt8] {
        frame(type: 1, flags: flags, stream: stream, block)
    }

    /// A literal field that is never indexed.
    static func literal(_ name: String, _ value: [UInt8]) -> [UInt8] {
        precondition(name.utf8.count < 127)
        precondition(value.count < 127)
        return [0x10, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.count)] + value
    }
}

/// A server driven by raw frames; what it answers is parsed into frame heads.
final class RawServer {
    let server: Connection
    var events: [Event] = []
    var answers: [(type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8])] = []

    init(_ settings: ConnectionSettings = .server) throws(ConnectionError) {
        server = Connection(role: .server, settings: settings)
        try send(RawFrame.preface + RawFrame.settings)
    }

    func send(_ bytes: [UInt8], at seconds: UInt64 = 0) throws(ConnectionError) {
        defer { collect() }
        try server.receive(bytes.rawSpan, nowNanoseconds: seconds * 1_000_000_000)
    }

    /// What ``send(_:at:)`` throws.
    func failure(sending bytes: [UInt8]) -> ConnectionError? {
        defer { collect() }
        return server.failure(receiving: bytes)
    }

    func collect() {
        while let event = server.nextEvent() { events.append(event) }
        var slices: [Slice] = []
        _ = server.collectOutput(into: &slices, byteLimit: 1 << 20)
        let bytes = slices.flatMap { $0.copiedBytes() }
        var offset = 0
        while offset + 9 <= bytes.count {
            let length = Int(bytes[offset]) << 16 | Int(bytes[offset + 1]) << 8 | Int(bytes[offset + 2])
            let stream = bytes[offset + 5..<offset + 9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let payload = Array(bytes[offset + 9..<offset + 9 + length])
            answers.append((bytes[offset + 3], bytes[offset + 4], stream, payload))
            offset += 9 + length
        }
    }

    /// Streams whose header block was reported.
    var announced: [Int32] {
        events.compactMap { event -> Int32? in
            if case .headers(let stream, _, _) = event { stream.rawValue } else { nil }
        }
    }

    /// Codes of the RST_STREAM frames sent for a stream.
    func resets(_ stream: UInt32) -> [UInt8] {
        answers.filter { $0.type == 3 && $0.stream == stream }.map { $0.payload[3] }
    }
    var goAwayCode: UInt8? { answers.last { $0.type == 7 }.map { $0.payload[7] } }
}

extension Connection {
    func receive(slices: [Slice]) throws(ConnectionError) {
        // A span of a temporary array in a throwing call makes the compiler fail.
        let bytes = slices.flatMap { $0.copiedBytes() }
        try receive(bytes.rawSpan, nowNanoseconds: 0)
    }

    /// What ``receive(_:nowNanoseconds:)`` throws.
    func failure(receiving bytes: [UInt8]) -> ConnectionError? {
        do throws(ConnectionError) {
            try receive(bytes.rawSpan, nowNanoseconds: 0)
            return nil
        } catch {
            return error
        }
    }
}
