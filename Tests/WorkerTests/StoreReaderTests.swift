import Bytes
import CoreHarness
import Grpc
import Reactor
import S3
import Testing

@testable import Worker

@Suite("Store reader, on both rings")
struct StoreReaderTests {
    private static let slowDown = FakeStore.head(503, ["Content-Length: 0", "Retry-After: 0"])

    /// Reads bytes 10 to 109 with at most four tries; the store answers request by request.
    private static func read(
        _ kind: RingKind, _ answer: @escaping @Sendable (FakeStore.Request, Int) -> FakeStore.Reaction
    ) async throws -> (code: Int?, ranges: [String?], metrics: Metrics) {
        try await onCore(kind) { loop in
            let count = Box(0)
            let store = try FakeStore(on: loop) { request in
                count.value += 1
                return answer(request, count.value)
            }
            defer { store.close() }
            let client = try StoreClient(on: loop, store.endpoint())
            let object = client.object(attemptLimit: 4)
            do throws(Status) {
                let bytes = try await object.read(ByteRange(offset: 10, count: 100))
                #expect(bytes.copiedBytes() == Array(FakeStore.object[10..<110]))
            } catch {
                return (error.code.rawValue, store.requests.map { $0.field("range") }, client.metrics)
            }
            return (nil, store.requests.map { $0.field("range") }, client.metrics)
        }
    }

    @Test(arguments: RingKind.allCases)
    func aBusyStoreIsAskedAgain(_ kind: RingKind) async throws {
        let result = try await Self.read(kind) { request, number in
            number <= 3 ? .send([Self.slowDown]) : .send([FakeStore.part(request)])
        }
        #expect(result.code == nil)
        #expect(result.ranges == Array(repeating: "bytes=10-109", count: 4))
        #expect(result.metrics.stores.total(\.retriesAnswered) == 3)
    }

    @Test(arguments: RingKind.allCases)
    func notForEver(_ kind: RingKind) async throws {
        let result = try await Self.read(kind) { _, _ in .send([Self.slowDown]) }
        #expect(result.code == StatusCode.unavailable.rawValue)
        #expect(result.ranges.count == 4)
        #expect(result.metrics.stores.total(\.retriesAnswered) == 3)
    }

    /// Each try goes on behind the last byte that came, however often the answers break off.
    @Test(arguments: RingKind.allCases)
    func anAnswerThatBreaksOffIsContinued(_ kind: RingKind) async throws {
        let result = try await Self.read(kind) { request, number in
            let part = FakeStore.part(request)
            let length = request.range?.count ?? 0
            return number < 6 ? .sendAndClose([Array(part.dropLast(length - 10))]) : .send([part])
        }
        #expect(result.code == nil)
        #expect(result.ranges == [10, 20, 30, 40, 50, 60].map { "bytes=\($0)-109" })
        #expect(result.metrics.stores.total(\.retriesDisconnected) == 5)
        #expect(result.metrics.stores.total(\.receivedBytes) == 100)
    }

    /// All that was asked for is there, whatever became of the rest of the connection.
    @Test(arguments: RingKind.allCases)
    func aMissingEndBehindAllBytesIsNoLoss(_ kind: RingKind) async throws {
        let result = try await Self.read(kind) { request, _ in
            let range = FakeStore.served(request)
            let place = "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(FakeStore.object.count)"
            let head = FakeStore.head(206, [place, "Transfer-Encoding: chunked", "ETag: \"v1\""])
            return .sendAndClose([head + Array("64\r\n".utf8) + FakeStore.object[range]])
        }
        #expect(result.code == nil)
        #expect(result.ranges.count == 1)
    }

    /// What nobody asked for lies behind the answer, and looks like the next one.
    @Test(arguments: RingKind.allCases)
    func aConnectionWithExcessIsNotUsedAgain(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { request in
                let part = FakeStore.part(request)
                let forged = Array(part.dropLast(10)) + [UInt8](repeating: 0, count: 10)
                return .send([part + forged])
            }
            defer { store.close() }
            let client = try StoreClient(on: loop, store.endpoint())
            let object = client.object()
            for _ in 0..<3 {
                let bytes = try await object.read(ByteRange(offset: 10, count: 10)).copiedBytes()
                #expect(bytes == Array(FakeStore.object[10..<20]))
                await loop.sleep(nanoseconds: 2_000_000)
            }
            #expect(store.connectionCount == 3)
        }
    }

    @Test(arguments: RingKind.allCases)
    func anotherVersionIsNeverMixedIn(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            // Without tags, so that nothing but the answer itself tells.
            let number = Box(0)
            let store = try FakeStore(on: loop) { request in
                number.value += 1
                let range = FakeStore.served(request)
                let fields = [
                    "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/1000",
                    "Content-Length: \(range.count)", "Last-Modified: version \(number.value)",
                ]
                return .sendAndClose([FakeStore.head(206, fields) + FakeStore.object[range].dropLast(5)])
            }
            defer { store.close() }
            let object = try StoreClient(on: loop, store.endpoint()).object(attemptLimit: 4)
            do throws(Status) {
                _ = try await object.read(ByteRange(offset: 10, count: 100))
                Issue.record("bytes of two versions")
            } catch {
                #expect(error.code == .aborted)
            }
            #expect(number.value == 2)
        }
    }

    @Test(arguments: RingKind.allCases)
    func expiredKeysAreWaitedFor(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let expired = Array("<Error><Code>ExpiredToken</Code></Error>".utf8)
            let store = try FakeStore(on: loop) { request in
                guard request.field("x-amz-security-token") == "new" else {
                    return .send([FakeStore.head(400, ["Content-Length: \(expired.count)"]) + expired])
                }
                return .send([FakeStore.part(request)])
            }
            defer { store.close() }
            let client = try StoreClient(on: loop, store.endpoint())
            let object = client.object(keyWaitNanoseconds: 20_000_000_000)
            loop.spawn {
                while store.requests.isEmpty { await loop.sleep(nanoseconds: 1_000_000) }
                await loop.sleep(nanoseconds: 5_000_000)
                client.keys.replace(try! Credentials(accessKey: "a", secretKey: "b", sessionToken: "new"))
            }
            let bytes = try await object.read(ByteRange(offset: 0, count: 5)).copiedBytes()
            #expect(bytes == Array(FakeStore.object[0..<5]))
            #expect(store.requests.count == 2)
            // Nobody brings newer ones.
            let stale = try StoreClient(on: loop, store.endpoint())
            do throws(Status) {
                _ = try await stale.object(keyWaitNanoseconds: 5_000_000).read(ByteRange(offset: 0, count: 5))
                Issue.record("expired keys were good")
            } catch {
                #expect(error.code == .unauthenticated)
            }
        }
    }

    @Test(arguments: RingKind.allCases)
    func aCancelledCallTriesNoMore(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { _ in
                .send([FakeStore.head(503, ["Content-Length: 0", "Retry-After: 60"])])
            }
            defer { store.close() }
            let client = try StoreClient(on: loop, store.endpoint())
            let shared = StoreReader.Shared(
                loop: loop, pool: client.pool, states: EndpointStates(), metrics: client.metrics)
            let object = StoreObject(
                location: client.location, store: StoreReader(shared, endpoint: client.endpoint, keys: client.keys),
                memory: client.memory)
            loop.spawn {
                while store.requests.isEmpty { await loop.sleep(nanoseconds: 1_000_000) }
                await loop.sleep(nanoseconds: 5_000_000)
                object.cancel()
            }
            do throws(Status) {
                _ = try await object.read(ByteRange(offset: 0, count: 5))
                Issue.record("a read after the end")
            } catch {
                #expect(error.code == .cancelled)
            }
            #expect(store.requests.count == 1)
        }
    }
}
