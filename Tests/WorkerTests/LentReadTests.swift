import Bytes
import CoreHarness
import Grpc
import Reactor
import S3
import Testing

@testable import Worker

@Suite("Lent reads, on both rings")
struct LentReadTests {
    /// A second core with a worker's core on it.
    private struct Reader {
        let actor: CoreActor

        init(_ kind: RingKind) async throws {
            actor = try await withCheckedThrowingContinuation { continuation in
                do {
                    try CoreActor.startThread(index: 1, kind: kind, processor: nil) { actor in
                        do {
                            actor.resident = try ScanBench(on: actor, actor.loop).core
                            continuation.resume(returning: actor)
                        } catch {
                            continuation.resume(throwing: error)
                        }
                    } failed: {
                        continuation.resume(throwing: $0)
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }

        func stop() {
            actor.post { $0.loop.stop() }
        }
    }

    private static func order(_ client: StoreClient, _ range: Range<Int>, tag: String = "\"v1\"") -> LentRead.Order {
        LentRead.Order(
            location: client.location, endpoint: client.endpoint, keys: client.keys,
            version: ObjectVersion(entityTag: tag, byteCount: UInt64(FakeStore.object.count)),
            range: ByteRange(offset: UInt64(range.lowerBound), count: UInt64(range.count)), memory: client.memory)
    }

    private static func outcome(_ read: LentRead) async -> Result<[UInt8], Status> {
        do throws(Status) { return .success(try await read.bytes().copiedBytes()) } catch { return .failure(error) }
    }

    /// Two cores and a store, on the first of them.
    private static func withStore(
        _ kind: RingKind, _ react: @escaping @Sendable (FakeStore.Request) -> FakeStore.Reaction,
        _ body: @escaping @Sendable (EventLoop, CoreActor, FakeStore, Reader) async throws -> Void
    ) async throws {
        try await onCore(kind) { loop, home in
            let store = try FakeStore(on: loop) { react($0) }
            let reader = try await Reader(kind)
            defer {
                store.close()
                reader.stop()
            }
            try await body(loop, home, store, reader)
        }
    }

    @Test(arguments: RingKind.allCases)
    func theBytesComeHomeInTheScansOwnMemory(_ kind: RingKind) async throws {
        try await Self.withStore(kind, { .send([FakeStore.part($0)]) }) { loop, _, store, reader in
            let client = try StoreClient(on: loop, store.endpoint())
            let read = LentRead(Self.order(client, 300..<700), for: loop.executor, by: reader.actor)
            let bytes = try await read.bytes()
            #expect(bytes.copiedBytes() == Array(FakeStore.object[300..<700]))
            #expect(client.memory.lentByteCount == BlockPool.capacity(for: 400))
            #expect(store.requests.map(\.range) == [300..<700])
            #expect(store.requests.map { $0.field("if-match") } == ["\"v1\""])
        }
    }

    @Test(arguments: RingKind.allCases)
    func anotherVersionEndsIt(_ kind: RingKind) async throws {
        try await Self.withStore(kind, { .send([FakeStore.part($0)]) }) { loop, _, store, reader in
            let client = try StoreClient(on: loop, store.endpoint())
            let read = LentRead(
                Self.order(client, 0..<10, tag: "\"v0\""), for: loop.executor, by: reader.actor)
            guard case .failure(let status) = await Self.outcome(read) else {
                Issue.record("it was read")
                return
            }
            #expect(status.code == .aborted)
            #expect(client.memory.lentByteCount == 0)
        }
    }

    @Test(arguments: RingKind.allCases)
    func cancelledItEndsAtOnce(_ kind: RingKind) async throws {
        try await Self.withStore(kind, { _ in .silence }) { loop, _, store, reader in
            let client = try StoreClient(on: loop, store.endpoint())
            let read = LentRead(Self.order(client, 0..<10), for: loop.executor, by: reader.actor)
            loop.spawn {
                while store.requests.isEmpty { await loop.sleep(nanoseconds: 100_000) }
                read.cancel()
            }
            guard case .failure(let status) = await Self.outcome(read) else {
                Issue.record("it was read")
                return
            }
            #expect(status.code == .cancelled)
            for _ in 0..<2000 where store.openCount > 0 { await loop.sleep(nanoseconds: 1_000_000) }
            #expect(store.openCount == 0)
        }
    }

    // MARK: Who lends, and to whom

    /// A core that can be busy, and another that can be asleep, as far as the exchange knows.
    private struct Pair {
        let loop: EventLoop
        let metrics = Metrics()
        let lender: ReadLender
        private let own: CoreHelper
        private let other: CoreHelper

        init(_ loop: EventLoop, _ home: CoreActor, _ reader: Reader) {
            self.loop = loop
            let exchange = WorkExchange(stepCounter: metrics.lentTurns)
            lender = ReadLender(exchange: exchange, core: home, loop: loop, readCounter: metrics.lentReads)
            own = CoreHelper(exchange: exchange, core: home, loop: loop)
            other = CoreHelper(exchange: exchange, core: reader.actor, loop: loop)
        }

        /// Long enough that what was before, which the lender may see too, does not count.
        func beBusy() {
            _ = lender.lend(nil)
            let end = loop.now() + 100_000_000
            while loop.now() < end {}
        }

        func runOutOfWork() { #expect(!own.turn(isBusy: false)) }
        func otherRunsOutOfWork() { #expect(!other.turn(isBusy: false)) }
        func otherHasWork() { #expect(!other.turn(isBusy: true)) }
    }

    @Test(arguments: RingKind.allCases)
    func onlyABusyCoreLendsAndOnlyToOneThatSleeps(_ kind: RingKind) async throws {
        try await onCore(kind) { loop, home in
            let reader = try await Reader(kind)
            defer { reader.stop() }
            let client = try StoreClient(
                on: loop, try Endpoint.parse("http://127.0.0.1:1", region: "", allowHTTP: true))
            let pair = Pair(loop, home, reader)
            func lends() -> Bool { pair.lender.lend(Self.order(client, 0..<10)) != nil }
            pair.runOutOfWork()
            pair.beBusy()
            #expect(!lends())  // nobody but itself is asleep
            pair.otherRunsOutOfWork()
            #expect(lends())
            #expect(!lends())  // it was woken
            pair.otherRunsOutOfWork()
            pair.otherHasWork()
            #expect(!lends())
            pair.otherRunsOutOfWork()
            await loop.sleep(nanoseconds: 50_000_000)
            #expect(!lends())  // there is time
            pair.beBusy()
            #expect(lends())
            #expect(pair.metrics.lentReads.current == 2)
        }
    }

    // MARK: Parts

    /// Fetches five parts of a store's object, with room for two at a time.
    private final class Parts {
        static let ranges = (0..<5).map { ByteRange(offset: UInt64($0 * 100), count: 100) }

        private(set) var arrived: [Int: [UInt8]] = [:]
        private var made: PartFetcher?

        init(_ client: StoreClient, lender: ReadLender) {
            let reading = StoreReader.Shared(
                loop: client.loop, pool: client.pool, states: EndpointStates(), metrics: client.metrics)
            let object = StoreObject(
                location: client.location,
                store: StoreReader(reading, endpoint: client.endpoint, keys: client.keys), memory: client.memory)
            made = PartFetcher(
                loop: client.loop, source: object, ranges: Self.ranges,
                window: ReadAheadWindow(ReadAheadWindow.Limits(byteCount: 200, requestCount: 2), now: 0),
                account: MemoryBudget(limitByteCount: 1 << 30).openAccount(), lender: lender
            ) { [unowned self] part, bytes in
                arrived[part] = bytes.copiedBytes()
            } failed: {
            }
        }

        var fetcher: PartFetcher {
            guard let made else { preconditionFailure("no fetcher") }
            return made
        }
    }

    @Test(arguments: RingKind.allCases)
    func whatIsReadAheadIsLentOnceTheStoreHasAnswered(_ kind: RingKind) async throws {
        try await Self.withStore(kind, { .send([FakeStore.part($0)]) }) { loop, home, store, reader in
            let pair = Pair(loop, home, reader)
            let parts = Parts(try StoreClient(on: loop, store.endpoint()), lender: pair.lender)
            for released in 0..<5 {
                pair.otherRunsOutOfWork()
                pair.beBusy()
                parts.fetcher.advance(releasedByteCount: released * 100)
                for _ in 0..<2000 where parts.arrived.count < min(released + 2, 5) {
                    await loop.sleep(nanoseconds: 1_000_000)
                }
                // The first two were asked for before anybody had answered.
                #expect(pair.metrics.lentReads.current == min(released, 3))
            }
            let expected = Parts.ranges.map { Array(FakeStore.object[Int($0.offset)..<Int($0.end)]) }
            #expect((0..<5).map { parts.arrived[$0] } == expected)
            #expect(store.requests.count == 5)
        }
    }

    @Test(arguments: RingKind.allCases)
    func aScanThatEndsEndsWhatItHasLent(_ kind: RingKind) async throws {
        try await Self.withStore(kind, { ($0.range?.lowerBound ?? 0) < 200 ? .send([FakeStore.part($0)]) : .silence }) {
            loop, home, store, reader in
            let pair = Pair(loop, home, reader)
            let client = try StoreClient(on: loop, store.endpoint())
            let parts = Parts(client, lender: pair.lender)
            parts.fetcher.advance(releasedByteCount: 0)
            while parts.arrived.count < 2 { await loop.sleep(nanoseconds: 1_000_000) }
            pair.otherRunsOutOfWork()
            pair.beBusy()
            parts.fetcher.advance(releasedByteCount: 100)
            while store.requests.count < 3 { await loop.sleep(nanoseconds: 1_000_000) }
            #expect(pair.metrics.lentReads.current == 1)
            let openCount = store.openCount
            parts.fetcher.cancel()
            for _ in 0..<2000 where store.openCount == openCount { await loop.sleep(nanoseconds: 1_000_000) }
            #expect(store.openCount == openCount - 1)
            #expect(parts.fetcher.failure?.code == .cancelled)
            #expect(client.memory.lentByteCount == 0)
        }
    }
}
