import Bytes
import CoreHarness
import Grpc
import Reactor
import Testing

@testable import Worker

@Suite("Store object")
struct StoreObjectTests {
    /// Reads the tail and then a range; the statuses that end them.
    private static func scan(
        _ loop: EventLoop, _ react: @escaping (FakeStore.Request) -> [UInt8]
    ) async throws -> (tail: Status?, read: Status?, requests: [FakeStore.Request]) {
        let store = try FakeStore(on: loop) { .send([react($0)]) }
        defer { store.close() }
        let object = try StoreClient(on: loop, store.endpoint()).object()
        do throws(Status) {
            let (tail, objectByteCount) = try await object.readTail(byteCount: 100)
            #expect(tail.copiedBytes() == Array(FakeStore.object.suffix(100)))
            #expect(objectByteCount == 1000)
        } catch {
            return (error, nil, store.requests)
        }
        do throws(Status) {
            let slice = try await object.read(ByteRange(offset: 10, count: 20))
            #expect(slice.copiedBytes() == Array(FakeStore.object[10..<30]))
        } catch {
            return (nil, error, store.requests)
        }
        return (nil, nil, store.requests)
    }

    private static func scan(
        _ react: @escaping @Sendable (FakeStore.Request) -> [UInt8]
    ) async throws -> (tail: StatusCode?, read: StatusCode?) {
        try await onCore(.readiness) { loop in
            let result = try await scan(loop, react)
            return (result.tail?.code, result.read?.code)
        }
    }

    @Test func everyReadAsksForTheVersionOfTheFirst() async throws {
        try await onCore(.readiness) { loop in
            let (tail, read, requests) = try await Self.scan(loop) { FakeStore.part($0, tag: "\"v7\"") }
            #expect(tail == nil && read == nil)
            #expect(requests.map { $0.field("range") } == ["bytes=-100", "bytes=10-29"])
            #expect(requests.map { $0.field("if-match") } == [nil, "\"v7\""])
        }
    }

    @Test func aChangedObjectAbortsTheScan() async throws {
        // Another tag, a failed precondition, another size, a shorter object.
        let answers: [@Sendable (FakeStore.Request) -> [UInt8]] = [
            { FakeStore.part($0, tag: "\"v2\"") },
            { _ in FakeStore.head(412, ["Content-Length: 0"]) },
            { request in
                FakeStore.head(206, ["Content-Range: bytes 10-29/999", "Content-Length: 20", "ETag: \"v1\""])
                    + FakeStore.object[10..<30]
            },
            { _ in FakeStore.head(416, ["Content-Range: bytes */5", "Content-Length: 0"]) },
        ]
        for answer in answers {
            let (tail, read) = try await Self.scan { $0.range == nil ? FakeStore.part($0) : answer($0) }
            #expect(tail == nil)
            #expect(read == .aborted)
        }
    }

    @Test func lessThanAskedIsUnavailable() async throws {
        let range = try await Self.scan { request in
            guard request.range != nil else { return FakeStore.part(request) }
            return FakeStore.head(206, ["Content-Range: bytes 10-19/1000", "Content-Length: 10", "ETag: \"v1\""])
                + FakeStore.object[10..<20]
        }
        #expect(range.read == .unavailable)
        // A tail that stops early would be taken for the end of the file.
        let tail = try await Self.scan { _ in
            FakeStore.head(206, ["Content-Range: bytes 900-949/1000", "Content-Length: 50"])
                + FakeStore.object[900..<950]
        }
        #expect(tail.tail == .unavailable)
    }

    /// What the first answer brought is not asked for again, and the rest is of the same version.
    @Test(arguments: RingKind.allCases)
    func aTailThatBreaksOffIsContinued(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { request in
                let answer = FakeStore.part(request)
                let count = FakeStore.served(request).count
                return count > 40 ? .sendAndClose([Array(answer.dropLast(count - 30))]) : .send([answer])
            }
            defer { store.close() }
            let object = try StoreClient(on: loop, store.endpoint()).object(attemptLimit: 2)
            let (tail, objectByteCount) = try await object.readTail(byteCount: 100)
            #expect(tail.copiedBytes() == Array(FakeStore.object.suffix(100)))
            #expect(objectByteCount == 1000)
            #expect(store.requests.map { $0.field("range") } == ["bytes=-100", "bytes=930-999", "bytes=960-999"])
            #expect(store.requests.map { $0.field("if-match") } == [nil, "\"v1\"", "\"v1\""])
        }
    }

    @Test(arguments: RingKind.allCases)
    func aTailServedInPartsIsPutTogether(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { request in
                let range = FakeStore.served(request).prefix(33)
                let fields = [
                    "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/1000",
                    "Content-Length: \(range.count)", "ETag: \"v1\"",
                ]
                return .send([FakeStore.head(206, fields) + FakeStore.object[range]])
            }
            defer { store.close() }
            let object = try StoreClient(on: loop, store.endpoint()).object()
            let (tail, _) = try await object.readTail(byteCount: 5000)
            #expect(tail.copiedBytes() == FakeStore.object)
            #expect(store.requests.count == 31)
        }
    }

    @Test func anEmptyObjectIsNoFile() async throws {
        let result = try await Self.scan { _ in
            FakeStore.head(416, ["Content-Range: bytes */0", "Content-Length: 0"])
        }
        #expect(result.tail == .dataLoss)
        // One that is not empty has a last byte, whatever the store says.
        let lie = try await Self.scan { _ in
            FakeStore.head(416, ["Content-Range: bytes */7", "Content-Length: 0"])
        }
        #expect(lie.tail == .aborted)
    }

    @Test(arguments: [
        (404, StatusCode.notFound), (403, .permissionDenied), (401, .unauthenticated), (500, .unavailable),
        (503, .unavailable), (301, .unavailable), (400, .invalidArgument),
    ])
    func statusesOfTheStore(_ status: Int, _ code: StatusCode) async throws {
        #expect(try await Self.scan { _ in FakeStore.head(status, ["Content-Length: 0"]) }.tail == code)
    }

    @Test func aCancelledObjectReadsNoMore() async throws {
        try await onCore(.readiness) { loop in
            let store = try FakeStore(on: loop) { .send([FakeStore.part($0)]) }
            let object = try StoreClient(on: loop, store.endpoint()).object()
            object.cancel()
            do throws(Status) {
                _ = try await object.read(ByteRange(offset: 0, count: 1))
                Issue.record("a read after the end")
            } catch {
                #expect(error.code == .cancelled)
            }
            #expect(store.requests.isEmpty)
            store.close()
        }
    }
}
