import Bytes
import CoreHarness
import Grpc
import Reactor
import S3
import Testing

@testable import Worker

private let unavailable = StatusCode.unavailable.rawValue
private let cancelled = StatusCode.cancelled.rawValue

@Suite("Store pool, on both rings")
struct StorePoolTests {
    private static func settle(_ loop: EventLoop) async {
        await loop.sleep(nanoseconds: 5_000_000)
    }

    /// Waits until something has come about; a test that waits in vain fails by what it expects next.
    private static func wait(_ loop: EventLoop, until condition: () -> Bool) async {
        for _ in 0..<2000 where !condition() { await loop.sleep(nanoseconds: 1_000_000) }
    }

    private static func bytes(_ range: Range<Int>) -> [UInt8] { Array(FakeStore.object[range]) }

    // MARK: Keeping connections

    @Test(arguments: RingKind.allCases)
    func aConnectionIsKept(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { .send([FakeStore.part($0)]) }
            let client = try StoreClient(on: loop, store.endpoint())
            for start in [0, 500, 990] {
                #expect(try await client.read(start..<start + 10).get() == Self.bytes(start..<start + 10))
            }
            #expect(store.connectionCount == 1)
            #expect(client.metrics.stores.total(\.connections) == 1)
            #expect(client.metrics.stores.total(\.requests) == 3)
            #expect(client.metrics.stores.total(\.receivedBytes) == 30)
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func aKeptConnectionThatTheStoreClosedIsReplaced(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { .sendAndClose([FakeStore.part($0)]) }
            let client = try StoreClient(on: loop, store.endpoint())
            for start in 0..<4 {
                #expect(try await client.read(start..<start + 1).get() == Self.bytes(start..<start + 1))
                await Self.settle(loop)
            }
            #expect(store.requests.count == 4)
            #expect(store.connectionCount == 4)
            await Self.wait(loop) { store.openCount == 0 }
            #expect(store.openCount == 0)
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func theRequestGoesOutOnceMoreOnly(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            // The first connection answers once; every request after that meets a closing door.
            let store = try FakeStore(on: loop) { request in
                request.connection == 0 && request.number == 0 ? .send([FakeStore.part(request)]) : .sendAndClose([])
            }
            let client = try StoreClient(on: loop, store.endpoint())
            #expect(await client.read(0..<10).code == nil)
            #expect(await client.read(0..<10).code == unavailable)
            #expect(store.requests.map(\.connection) == [0, 0, 1])
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func theSecondTryIsOnANewConnectionHoweverManyAreKept(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let arrivedCount = Box(0)
            let store = try FakeStore(on: loop) { request in
                arrivedCount.value += 1
                await Self.wait(loop) { arrivedCount.value >= 3 }
                return request.connection < 3
                    ? .sendAndClose([FakeStore.part(request)]) : .send([FakeStore.part(request)])
            }
            let client = try StoreClient(on: loop, store.endpoint())
            for result in await client.readTogether([0..<1, 1..<2, 2..<3]) { #expect(result.code == nil) }
            await Self.settle(loop)
            #expect(client.metrics.stores.total(\.connections) == 3)
            #expect(await client.read(5..<9).code == nil)
            #expect(client.metrics.stores.total(\.connections) == 4)
            #expect(client.metrics.stores.total(\.requests) == 3 + 1)
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func anAnswerThatHasBegunIsNotAskedForAgain(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { request in
                request.number == 0 ? .send([FakeStore.part(request)]) : .sendAndClose([Array("H".utf8)])
            }
            let client = try StoreClient(on: loop, store.endpoint())
            #expect(await client.read(0..<10).code == nil)
            #expect(await client.read(0..<10).code == unavailable)
            #expect(store.requests.count == 2)
            #expect(store.connectionCount == 1)
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func aConnectionIsKeptAfterAnErrorDocument(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { request in
                guard request.connection == 0 else { return .send([FakeStore.part(request)]) }
                let missing = FakeStore.head(404, ["Content-Length: 4"]) + Array("gone".utf8)
                return request.number == 0 ? .send([missing]) : .sendAndClose([missing])
            }
            let client = try StoreClient(on: loop, store.endpoint())
            #expect(await client.read(0..<10).code == StatusCode.notFound.rawValue)
            #expect(await client.read(0..<10).code == StatusCode.notFound.rawValue)
            #expect(store.connectionCount == 1)
            await Self.settle(loop)
            // It was never good for anything, but it was kept, and the store has closed it.
            #expect(await client.read(0..<10).code == nil)
            #expect(store.connectionCount == 2)
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func theStoresWishToCloseIsHeeded(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { request in
                let part = FakeStore.part(request)
                let status = Array("HTTP/1.1 206 X\r\n".utf8)
                return .send([status + Array("Connection: close\r\n".utf8) + part.dropFirst(status.count)])
            }
            let client = try StoreClient(on: loop, store.endpoint())
            #expect(await client.read(0..<10).code == nil)
            #expect(await client.read(0..<10).code == nil)
            #expect(client.metrics.stores.total(\.requests) == 2)
            #expect(store.connectionCount == 2)
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func idleConnectionsAreSweptAway(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { .send([FakeStore.part($0)]) }
            let client = try StoreClient(
                on: loop, store.endpoint(), limits: StorePool.Limits(idleNanoseconds: 20_000_000))
            for result in await client.readTogether([0..<1, 1..<2, 2..<3]) { #expect(result.code == nil) }
            await Self.wait(loop) { store.openCount == 0 }
            #expect(store.openCount == 0)
            let connectionCount = store.connectionCount
            #expect(await client.read(0..<1).code == nil)
            #expect(store.connectionCount == connectionCount + 1)
            store.close()
        }
    }

    // MARK: Waiting

    /// Later requests never overtake, not even those that arrive in the moment when a connection becomes free.
    @Test(arguments: RingKind.allCases)
    func requestsWaitInOrderForTheirConnection(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { request in
                await loop.sleep(nanoseconds: 1_000_000)
                return .send([FakeStore.part(request)])
            }
            let client = try StoreClient(on: loop, store.endpoint(), limits: StorePool.Limits(connectionCount: 2))
            let started = Box(0)
            let finished = Box(0)
            func start() {
                let number = started.value
                started.value += 1
                loop.spawn {
                    #expect(await client.read(number..<number + 1) == .success(Self.bytes(number..<number + 1)))
                    finished.value += 1
                    if started.value < 20 { start() }
                }
            }
            for _ in 0..<8 { start() }
            await Self.wait(loop) { finished.value == 20 }
            // Two that leave in one turn may arrive in either order, as they are on two connections; six others wait behind them.
            let arrived = store.requests.compactMap { $0.range?.lowerBound }
            #expect(arrived.sorted() == Array(0..<20))
            #expect(arrived.enumerated().allSatisfy { abs($0.element - $0.offset) < 2 }, "\(arrived)")
            #expect(store.largestOpenCount == 2)
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func cancellingEndsTheWaitForATurn(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { $0.range == 0..<1 ? .silence : .send([FakeStore.part($0)]) }
            let client = try StoreClient(on: loop, store.endpoint(), limits: StorePool.Limits(connectionCount: 1))
            let cancellations = [Cancellation(), Cancellation(), Cancellation()]
            let order = Box<[Int]>([])
            let codes = Box<[Int?]>([nil, nil, nil])
            for (index, cancellation) in cancellations.enumerated() {
                loop.spawn {
                    codes.value[index] = await client.read(index..<index + 1, cancellation).code
                    order.value.append(index)
                }
            }
            await Self.wait(loop) { store.requests.count == 1 }
            await Self.settle(loop)
            #expect(order.value == [])
            cancellations[1].cancel()
            await Self.settle(loop)
            #expect(order.value == [1])
            // The one that holds the connection goes: the one that still waits gets its turn.
            cancellations[0].cancel()
            await Self.wait(loop) { order.value.count == 3 }
            #expect(order.value == [1, 0, 2])
            #expect(codes.value == [cancelled, cancelled, nil])
            #expect(store.requests.compactMap { $0.range?.lowerBound } == [0, 2])
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func aTurnThatComesWithTheCancellationIsPassedOn(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { request in
                await loop.sleep(nanoseconds: 2_000_000)
                return .send([FakeStore.part(request)])
            }
            let client = try StoreClient(on: loop, store.endpoint(), limits: StorePool.Limits(connectionCount: 1))
            let second = Cancellation()
            let codes = Box<[Int?]>([])
            loop.spawn {
                _ = await client.read(0..<1)
                // The turn is already the second's, which has not run yet.
                second.cancel()
            }
            loop.spawn { codes.value.append(await client.read(1..<2, second).code) }
            loop.spawn { codes.value.append(await client.read(2..<3).code) }
            await Self.wait(loop) { codes.value.count == 2 }
            #expect(codes.value == [cancelled, nil])
            #expect(store.requests.compactMap { $0.range?.lowerBound } == [0, 2])
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func cancellingEndsARequestThatIsUnderWay(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { request in
                // Half of the answer and then nothing: the client waits in the middle of a body.
                .send(request.range == 0..<1 ? [] : [Array(FakeStore.part(request).dropLast(3))])
            }
            let client = try StoreClient(on: loop, store.endpoint())
            for (index, range) in [0..<1, 0..<10].enumerated() {
                let cancellation = Cancellation()
                loop.spawn {
                    await Self.wait(loop) { store.requests.count == index + 1 }
                    await Self.settle(loop)
                    cancellation.cancel()
                }
                #expect(await client.read(range, cancellation).code == cancelled)
            }
            #expect(store.requests.count == 2)
            await Self.wait(loop) { store.openCount == 0 }
            #expect(store.openCount == 0)
            let late = Cancellation()
            late.cancel()
            #expect(await client.read(0..<1, late).code == cancelled)
            #expect(store.requests.count == 2)
            store.close()
        }
    }

    /// Also a kept connection that stays silent is not tried a second time: the time is used up.
    @Test(arguments: RingKind.allCases)
    func aSilentStoreIsUnavailable(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { $0.number == 0 ? .send([FakeStore.part($0)]) : .silence }
            let limits = StorePool.Limits(request: RequestWatch.Limits(firstByte: 400_000_000))
            let client = try StoreClient(on: loop, store.endpoint(), limits: limits)
            #expect(await client.read(0..<1).code == nil)
            let result = await client.read(0..<1)
            #expect(
                result
                    == .failure(.scanFailure(.unavailable, "s3://lake/k: the store did not begin to answer in time")))
            #expect(store.requests.count == 2)
            await Self.wait(loop) { store.openCount == 0 }
            #expect(store.openCount == 0)
            store.close()
        }
    }

    /// An answer that has begun is measured by what it brings, however long the store may take to begin one.
    @Test(arguments: RingKind.allCases)
    func aStoreThatStopsSendingIsUnavailable(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { .send([Array(FakeStore.part($0).dropLast(3))]) }
            let limits = StorePool.Limits(
                request: RequestWatch.Limits(firstByte: 60_000_000_000, progress: 50_000_000))
            let client = try StoreClient(on: loop, store.endpoint(), limits: limits)
            #expect(
                await client.read(0..<10)
                    == .failure(.scanFailure(.unavailable, "s3://lake/k: the store stopped sending")))
            store.close()
        }
    }

    /// Looks at how an answer moves must not end one that has not begun.
    @Test(arguments: RingKind.allCases)
    func aStoreMayTakeItsTimeToBegin(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { request in
                await loop.sleep(nanoseconds: 150_000_000)
                return .send([FakeStore.part(request)])
            }
            let limits = StorePool.Limits(
                request: RequestWatch.Limits(firstByte: 60_000_000_000, progress: 20_000_000))
            let client = try StoreClient(on: loop, store.endpoint(), limits: limits)
            #expect(await client.read(0..<10).code == nil)
            store.close()
        }
    }

    // MARK: Where it does not go

    @Test(arguments: RingKind.allCases)
    func addressesThatAreNoStore(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let cases: [(String, StatusCode)] = [
                ("http://169.254.169.254", .permissionDenied), ("http://0.0.0.0:1", .permissionDenied),
                ("http://[fe80::1]", .permissionDenied), ("http://[::ffff:169.254.169.254]", .permissionDenied),
                ("http://224.0.0.1", .permissionDenied),
            ]
            for (text, code) in cases {
                let endpoint = try Endpoint.parse(text, region: "", allowHTTP: true)
                let client = try StoreClient(on: loop, endpoint)
                #expect(await client.read(0..<1).code == code.rawValue, "\(text)")
                #expect(client.metrics.stores.total(\.connections) == 0)
            }
        }
    }

    @Test(arguments: RingKind.allCases)
    func endpointsThatAreNotListedAreNotAsked(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { .send([FakeStore.part($0)]) }
            for (list, code) in [
                ("minio:9000", StatusCode.permissionDenied.rawValue),
                ("127.0.0.1:1", StatusCode.permissionDenied.rawValue),
                ("minio:9000,127.0.0.1", nil), ("127.0.0.1:\(store.port)", nil),
            ] {
                let limits = StorePool.Limits(endpoints: try EndpointRules(parsing: list))
                let client = try StoreClient(on: loop, store.endpoint(), limits: limits)
                #expect(await client.read(0..<1).code == code)
            }
            #expect(store.connectionCount == 2)
            store.close()
        }
    }

    @Test(arguments: RingKind.allCases)
    func aRefusedConnectionFreesItsTurn(_ kind: RingKind) async throws {
        try await onCore(kind) { loop in
            let store = try FakeStore(on: loop) { .send([FakeStore.part($0)]) }
            let access = try store.endpoint()
            store.close()
            await Self.settle(loop)
            let client = try StoreClient(on: loop, access, limits: StorePool.Limits(connectionCount: 1))
            for result in await client.readTogether([0..<1, 1..<2, 2..<3]) { #expect(result.code == unavailable) }
        }
    }
}
