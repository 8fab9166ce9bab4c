import Bytes
import CoreHarness
import Grpc
import Reactor
import Testing

@testable import Worker

@Suite("Store connection, on both rings")
struct StoreConnectionTests {
    /// The ways in which a store may put the same bytes on the wire.
    enum Form: CaseIterable, Sendable {
        case length, chunked, untilClose, wholeObject, wholeObjectChunked

        func answer(_ request: FakeStore.Request) -> [UInt8] {
            let range = FakeStore.served(request)
            let payload = Array(FakeStore.object[range])
            let place = "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(FakeStore.object.count)"
            switch self {
            case .length: return FakeStore.part(request)
            case .chunked:
                return FakeStore.head(206, [place, "Transfer-Encoding: chunked"]) + Self.chunks(payload)
            case .untilClose: return FakeStore.head(206, [place, "Connection: close"]) + payload
            case .wholeObject:
                return FakeStore.head(200, ["Content-Length: \(FakeStore.object.count)"]) + FakeStore.object
            case .wholeObjectChunked:
                return FakeStore.head(200, ["Transfer-Encoding: chunked"]) + Self.chunks(FakeStore.object)
            }
        }

        var closes: Bool { self == .untilClose }

        /// Chunks of 7 bytes, the last one shorter, with extensions and a trailer.
        private static func chunks(_ payload: [UInt8]) -> [UInt8] {
            var text: [UInt8] = []
            for start in stride(from: 0, to: payload.count, by: 7) {
                let chunk = payload[start..<min(start + 7, payload.count)]
                text += Array("\(chunk.count);x=y\r\n".utf8) + chunk + Array("\r\n".utf8)
            }
            return text + Array("0\r\nX-Sum: 1\r\n\r\n".utf8)
        }
    }

    /// Reads three ranges from a store that cuts its answers into pieces.
    private static func read(
        _ form: Form, pieceByteCount: Int, on loop: EventLoop
    ) async throws -> [[UInt8]] {
        let store = try FakeStore(on: loop) { request in
            let bytes = form.answer(request)
            let pieces = stride(from: 0, to: bytes.count, by: pieceByteCount).map {
                Array(bytes[$0..<min($0 + pieceByteCount, bytes.count)])
            }
            return form.closes ? .sendAndClose(pieces) : .send(pieces)
        }
        let client = try StoreClient(on: loop, store.endpoint())
        var payloads: [[UInt8]] = []
        for range in [0..<20, 13..<100, 980..<1000] { payloads.append(try await client.read(range).get()) }
        store.close()
        return payloads
    }

    private static let expected = [0..<20, 13..<100, 980..<1000].map { Array(FakeStore.object[$0]) }

    @Test(arguments: RingKind.allCases, Form.allCases)
    func bytesLandInTheirPlace(_ kind: RingKind, _ form: Form) async throws {
        for pieceByteCount in [Int.max, 64] {
            let payloads = try await onCore(kind) { try await Self.read(form, pieceByteCount: pieceByteCount, on: $0) }
            #expect(payloads == Self.expected)
        }
    }

    @Test(arguments: [Form.length, .chunked, .untilClose])
    func oneByteAtATime(_ form: Form) async throws {
        let payloads = try await onCore(.readiness) { try await Self.read(form, pieceByteCount: 1, on: $0) }
        #expect(payloads == Self.expected)
    }

    /// Every cut of an answer, at each place where the connection can end.
    @Test(arguments: RingKind.allCases, [Form.length, .chunked])
    func aShortAnswerIsUnavailable(_ kind: RingKind, _ form: Form) async throws {
        try await onCore(kind) { loop in
            let cut = Box(0)
            let byteCount = Box(0)
            let store = try FakeStore(on: loop) { request in
                let bytes = form.answer(request)
                byteCount.value = bytes.count
                return .sendAndClose([Array(bytes.prefix(cut.value))])
            }
            let client = try StoreClient(on: loop, store.endpoint())
            while cut.value == 0 || cut.value < byteCount.value {
                #expect(await client.read(0..<30).code == StatusCode.unavailable.rawValue, "cut at \(cut.value)")
                cut.value += 1
            }
            #expect(store.requests.count == cut.value)
            #expect(try await client.read(0..<30).get() == Array(FakeStore.object[0..<30]))
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func bytesBehindAnAnswerEndTheConnection(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { .send([FakeStore.part($0) + Array("HTTP/1.1 206 X\r\n".utf8)]) }
            let client = try StoreClient(on: loop, store.endpoint())
            for _ in 0..<3 { #expect(try await client.read(5..<9).get() == Array(FakeStore.object[5..<9])) }
            #expect(store.connectionCount == 3)
            store.close()
        }
    }
}
