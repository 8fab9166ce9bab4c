import Bytes
import CoreHarness
import Grpc
import Randomness
import Reactor
import S3
import Testing

@testable import Worker

@Suite("Hedged requests, on both rings")
struct HedgedRequestTests {
    /// What the endpoint usually takes to begin an answer, as far as the reader knows.
    private static let delay: UInt64 = 50_000_000
    private static let busy = FakeStore.head(503, ["Content-Length: 0"])

    /// A store, and an object that is read from it with one try.
    private struct Bench {
        let loop: EventLoop
        let store: FakeStore
        let client: StoreClient
        let object: StoreObject

        /// - Parameters:
        ///   - waitsForBoth: nobody is answered before two requests have come.
        ///   - react: is told how many requests came before.
        init(
            _ loop: EventLoop, hedges: Bool = true, earlierRequests: Int = 100, attemptLimit: Int = 1,
            limits: StorePool.Limits = StorePool.Limits(), waitsForBoth: Bool = false,
            _ react: @escaping (FakeStore.Request, Int) async -> FakeStore.Reaction
        ) throws {
            let count = Box(0)
            self.loop = loop
            store = try FakeStore(on: loop) { request in
                let number = count.value
                count.value += 1
                while waitsForBoth, count.value < 2 { await loop.sleep(nanoseconds: 1_000_000) }
                return await react(request, number)
            }
            client = try StoreClient(on: loop, store.endpoint(), limits: limits)
            let states = EndpointStates()
            let state = states.state(of: client.endpoint, now: loop.now())
            for _ in 0..<32 { state.observeFirstByte(nanoseconds: delay) }
            for _ in 0..<earlierRequests { state.requestStarts() }
            let policy = RetryPolicy(attemptLimit: attemptLimit, baseNanoseconds: 1000, capNanoseconds: 2_000_000)
            let shared = StoreReader.Shared(
                loop: loop, pool: client.pool, states: states, metrics: client.metrics, policy: policy, hedges: hedges)
            object = StoreObject(
                location: client.location,
                store: StoreReader(shared, endpoint: client.endpoint, keys: client.keys), memory: client.memory)
        }

        /// Reads bytes 10 to 109, and makes sure that they are right; the code of the failure, or nil.
        func read() async -> StatusCode? {
            do throws(Status) {
                let bytes = try await object.read(ByteRange(offset: 10, count: 100)).copiedBytes()
                #expect(bytes == Array(FakeStore.object[10..<110]))
                return nil
            } catch { return error.code }
        }

        /// Hedges and those won, requests, and retries for whatever reason.
        var counts: [Int] {
            let metrics = client.metrics
            return [
                metrics.stores.total(\.hedges), metrics.stores.total(\.hedgesWon), metrics.stores.total(\.requests),
                metrics.stores.total(\.retriesAnswered) + metrics.stores.total(\.retriesDisconnected)
                    + metrics.stores.total(\.retriesTimedOut),
            ]
        }

        func waitForClosing(_ openCount: Int) async {
            for _ in 0..<2000 where store.openCount > openCount { await loop.sleep(nanoseconds: 1_000_000) }
            #expect(store.openCount == openCount)
        }
    }

    // MARK: One answers

    @Test(arguments: RingKind.allCases)
    func theSecondCopyIsFaster(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let bench = try Bench(loop) { $1 == 0 ? .silence : .send([FakeStore.part($0)]) }
            defer { bench.store.close() }
            #expect(await bench.read() == nil)
            #expect(bench.counts == [1, 1, 2, 0])
            #expect(bench.store.requests.map(\.connection) == [0, 1])
            // The same request to the byte.
            #expect(bench.store.requests[0].lines == bench.store.requests[1].lines)
            #expect(bench.client.metrics.stores.total(\.receivedBytes) == 100)
            await bench.waitForClosing(1)
            // The winner's connection is kept.
            #expect(await bench.read() == nil)
            #expect(bench.store.requests[2].connection == 1)
        }
    }

    @Test(arguments: RingKind.allCases)
    func theFirstCopyIsFasterAfterAll(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let bench = try Bench(loop, waitsForBoth: true) { request, number in
                guard number == 0 else { return .silence }
                return .send([FakeStore.part(request)])
            }
            defer { bench.store.close() }
            #expect(await bench.read() == nil)
            #expect(bench.counts == [1, 0, 2, 0])
            #expect(bench.client.metrics.stores.total(\.receivedBytes) == 100)
            await bench.waitForClosing(1)
        }
    }

    @Test(arguments: RingKind.allCases, [503, 0])
    func theFirstCopyFailsMeanwhile(_ kind: RingKind, _ status: Int) async throws {
        try await onCore(kind) { loop in
            let bench = try Bench(loop, waitsForBoth: true) { request, number in
                guard number > 0 else { return .sendAndClose(status == 0 ? [] : [Self.busy]) }
                await loop.sleep(nanoseconds: 20_000_000)
                return .send([FakeStore.part(request)])
            }
            defer { bench.store.close() }
            #expect(await bench.read() == nil)
            #expect(bench.counts == [1, 1, 2, 0])
        }
    }

    @Test(arguments: RingKind.allCases, [503, 0])
    func theSecondCopyFails(_ kind: RingKind, _ status: Int) async throws {
        try await onCore(kind) { loop in
            let bench = try Bench(loop, waitsForBoth: true) { request, number in
                guard number == 0 else { return .sendAndClose(status == 0 ? [] : [Self.busy]) }
                await loop.sleep(nanoseconds: 20_000_000)
                return .send([FakeStore.part(request)])
            }
            defer { bench.store.close() }
            #expect(await bench.read() == nil)
            // One copy is all there is.
            #expect(bench.counts == [1, 0, 2, 0])
        }
    }

    /// What breaks off behind the race is continued as ever.
    @Test(arguments: RingKind.allCases)
    func theWinnersBodyBreaksOff(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let bench = try Bench(loop, attemptLimit: 4) { request, number in
                switch number {
                case 0: .silence
                case 1: .sendAndClose([Array(FakeStore.part(request).dropLast(60))])
                default: .send([FakeStore.part(request)])
                }
            }
            defer { bench.store.close() }
            #expect(await bench.read() == nil)
            #expect(bench.store.requests.map { $0.field("range") }.last == "bytes=50-109")
            #expect(bench.counts == [1, 1, 3, 1])
        }
    }

    // MARK: None answers

    @Test(arguments: RingKind.allCases)
    func bothCopiesFail(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let bench = try Bench(loop, attemptLimit: 2, waitsForBoth: true) { request, number in
                return .send([Self.busy])
            }
            defer { bench.store.close() }
            #expect(await bench.read() == .unavailable)
            // The two together were one try; the other one fails at once.
            #expect(bench.counts == [1, 0, 3, 1])
        }
    }

    @Test(arguments: RingKind.allCases)
    func bothCopiesAreSilent(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let limits = StorePool.Limits(request: RequestWatch.Limits(firstByte: 300_000_000))
            let bench = try Bench(loop, limits: limits) { _, _ in .silence }
            defer { bench.store.close() }
            #expect(await bench.read() == .unavailable)
            #expect(bench.counts == [1, 0, 2, 0])
            await bench.waitForClosing(0)
        }
    }

    /// The store's word on the request counts, whichever copy is told, and the other one is not waited for.
    @Test(arguments: RingKind.allCases, [0, 1])
    func aVerdictEndsBoth(_ kind: RingKind, _ told: Int) async throws {
        for (status, code) in [(404, StatusCode.notFound), (412, .aborted), (403, .permissionDenied)] {
            try await onCore(kind) { loop in
                let bench = try Bench(loop, waitsForBoth: true) { _, number in
                    return number == told ? .send([FakeStore.head(status, ["Content-Length: 0"])]) : .silence
                }
                defer { bench.store.close() }
                #expect(await bench.read() == code)
                #expect(bench.counts == [1, 0, 2, 0])
                await bench.waitForClosing(1)
            }
        }
    }

    /// Also what the object objects to.
    @Test(arguments: RingKind.allCases)
    func anotherVersionIsNotAccepted(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let bench = try Bench(loop) { request, number in
                number == 1 ? .silence : .send([FakeStore.part(request, tag: number == 0 ? "W/\"1\"" : "W/\"2\"")])
            }
            defer { bench.store.close() }
            #expect(await bench.read() == nil)
            #expect(await bench.read() == .aborted)
            #expect(bench.counts == [1, 1, 3, 0])
            await bench.waitForClosing(0)
        }
    }

    // MARK: When there is no second copy

    @Test(arguments: RingKind.allCases)
    func notUnlessAskedFor(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let bench = try Bench(loop, hedges: false) { request, _ in
                await loop.sleep(nanoseconds: 5 * Self.delay)
                return .send([FakeStore.part(request)])
            }
            defer { bench.store.close() }
            #expect(await bench.read() == nil)
            #expect(bench.counts == [0, 0, 1, 0])
        }
    }

    @Test(arguments: RingKind.allCases)
    func notWithoutBudget(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let bench = try Bench(loop, earlierRequests: 9) { request, _ in
                await loop.sleep(nanoseconds: 5 * Self.delay)
                return .send([FakeStore.part(request)])
            }
            defer { bench.store.close() }
            // Twelve requests are good for two copies.
            for hedgeCount in [1, 2, 2] {
                #expect(await bench.read() == nil)
                #expect(bench.client.metrics.stores.total(\.hedges) == hedgeCount)
            }
        }
    }

    @Test(arguments: RingKind.allCases)
    func notWhenAllConnectionsAreInUse(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let bench = try Bench(loop, limits: StorePool.Limits(connectionCount: 1)) { request, _ in
                await loop.sleep(nanoseconds: 5 * Self.delay)
                return .send([FakeStore.part(request)])
            }
            defer { bench.store.close() }
            #expect(await bench.read() == nil)
            #expect(bench.counts == [0, 0, 1, 0])
        }
    }

    // MARK: Ending

    @Test(arguments: RingKind.allCases)
    func cancellingEndsBoth(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let bench = try Bench(loop) { _, _ in .silence }
            defer { bench.store.close() }
            loop.spawn {
                while bench.store.requests.count < 2 { await loop.sleep(nanoseconds: 1_000_000) }
                bench.object.cancel()
            }
            #expect(await bench.read() == .cancelled)
            #expect(bench.counts == [1, 0, 2, 0])
            await bench.waitForClosing(0)
            #expect(await bench.read() == .cancelled)
            #expect(bench.store.requests.count == 2)
        }
    }

    /// Both answer at about the same time, each with bytes of its own: what is read is of one of them.
    @Test(arguments: RingKind.allCases)
    func neverBytesOfBoth(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let objects = [[UInt8](repeating: 1, count: 1000), [UInt8](repeating: 2, count: 1000)]
            let copies = Box(0)
            let random = Box(SeededRandom(seed: 11))
            let bench = try Bench(loop, earlierRequests: 500) { request, _ in
                let copy = copies.value
                copies.value += 1
                let wait = UInt64.random(in: 0...2_000_000, using: &random.value)
                while copies.value < 2 { await loop.sleep(nanoseconds: 100_000) }
                await loop.sleep(nanoseconds: wait)
                let answer = FakeStore.part(request, of: objects[copy])
                let cut = Int.random(in: 1..<answer.count, using: &random.value)
                return .send([Array(answer[..<cut]), Array(answer[cut...])])
            }
            defer { bench.store.close() }
            var seen: Set<UInt8> = []
            for _ in 0..<40 {
                copies.value = 0
                let bytes = try await bench.object.read(ByteRange(offset: 10, count: 100)).copiedBytes()
                #expect(Set(bytes).count == 1)
                seen.formUnion(bytes)
            }
            #expect(seen == [1, 2])
            #expect(bench.client.metrics.stores.total(\.hedges) == 40)
            #expect(bench.client.metrics.stores.total(\.receivedBytes) == 40 * 100)
        }
    }
}
