import Bytes
import CoreHarness
import Grpc
import Reactor
import S3
import Testing

@testable import Worker

/// Accepts connections and never answers what they say.
private final class MuteStore {
    private let listener: Listener
    private(set) var connectionCount = 0
    /// Connections that have said something and are open.
    private(set) var talkingCount = 0
    private(set) var largestTalkingCount = 0

    init(on loop: EventLoop) throws {
        guard let loopback = SocketAddress(numeric: "127.0.0.1", port: 0) else { preconditionFailure("no loopback") }
        listener = try Listener(on: loopback, loop: loop)
        listener.run { [self] socket in
            connectionCount += 1
            loop.spawn { [self] in
                await listen(to: socket)
                socket.close()
            }
        }
    }

    private func listen(to socket: Socket) async {
        let room = Block.allocate(capacity: 4096).slice(0, count: 4096)
        guard let first = try? await socket.receive(into: room), first > 0 else { return }
        talkingCount += 1
        largestTalkingCount = max(largestTalkingCount, talkingCount)
        while let count = try? await socket.receive(into: room), count > 0 {}
        talkingCount -= 1
    }

    func close() { listener.close() }

    func endpoint() throws -> Endpoint {
        try Endpoint.parse("https://127.0.0.1:\(listener.address.port)", region: "", allowHTTP: false)
    }
}

@Suite("Store connector, on both rings")
struct StoreConnectorTests {
    private static func wait(_ loop: EventLoop, until condition: () -> Bool) async {
        for _ in 0..<5000 where !condition() { await loop.sleep(nanoseconds: 1_000_000) }
    }

    @Test(arguments: RingKind.allCases)
    func handshakesWaitForTheirTurn(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try MuteStore(on: loop)
            defer { store.close() }
            let limits = StorePool.Limits(handshakeCount: 2, connectNanoseconds: 60_000_000_000)
            let client = try StoreClient(on: loop, store.endpoint(), limits: limits)
            let cancellations = (0..<5).map { _ in Cancellation() }
            let ended = Box<[Int]>([])
            for (index, cancellation) in cancellations.enumerated() {
                loop.spawn {
                    #expect(await client.read(index..<index + 1, cancellation).code == StatusCode.cancelled.rawValue)
                    ended.value.append(index)
                }
            }
            await Self.wait(loop) { store.connectionCount == 5 && store.talkingCount == 2 }
            await loop.sleep(nanoseconds: 20_000_000)
            #expect(store.talkingCount == 2)
            #expect(client.metrics.storeHandshakes.current == 2)
            // One that waits, then those whose turn it is.
            for index in [3, 0, 1] {
                cancellations[index].cancel()
                await Self.wait(loop) { ended.value.last == index && store.talkingCount == 2 }
            }
            #expect(ended.value == [3, 0, 1])
            #expect(store.talkingCount == 2)
            #expect(store.largestTalkingCount <= 3)
            #expect(client.metrics.storeHandshakes.current == 2)
            for index in [2, 4] { cancellations[index].cancel() }
            await Self.wait(loop) { ended.value.count == 5 && store.talkingCount == 0 }
            #expect(store.talkingCount == 0)
            #expect(client.metrics.storeHandshakes.current == 0)
            #expect(client.metrics.stores.total(\.requests) == 0)
        }
    }

    /// The time to connect is for the wait and the handshake together.
    @Test(arguments: RingKind.allCases)
    func whoWaitsForATurnHasNoMoreTime(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try MuteStore(on: loop)
            defer { store.close() }
            let limits = StorePool.Limits(handshakeCount: 1, connectNanoseconds: 300_000_000)
            let client = try StoreClient(on: loop, store.endpoint(), limits: limits)
            let start = loop.now()
            let results = await client.readTogether((0..<10).map { $0..<$0 + 1 })
            let late = Status.scanFailure(.unavailable, "s3://lake/k: the store cannot be reached in time")
            #expect(results == Array(repeating: .failure(late), count: 10))
            // One after the other would take ten times as long.
            #expect(loop.now() - start >= 300_000_000)
            #expect(loop.now() - start < 2_500_000_000)
            #expect(client.metrics.storeHandshakes.current == 0)
            await Self.wait(loop) { store.talkingCount == 0 }
            #expect(store.talkingCount == 0)
        }
    }

    @Test(arguments: [(1, 128), (2, 64), (3, 42), (128, 1), (1000, 1)])
    func coresShareTheHandshakes(_ coreCount: Int, _ handshakeCount: Int) {
        let shared = Configuration().sharingStores(among: coreCount)
        #expect(shared.storeLimits.handshakeCount == handshakeCount)
    }
}
