import Bytes
import CoreHarness
import Grpc
import Reactor
import Testing

@testable import Worker

@Suite("Part fetcher, on both rings")
struct PartFetcherTests {
    /// Answers a read when the test says so.
    final class HeldObject: ObjectSource {
        struct Read {
            var range: ByteRange
            let answer = Suspension()
            var outcome: Result<Slice, Status>?
        }

        private(set) var reads: [Int: Read] = [:]
        private(set) var order: [UInt64] = []
        private(set) var largestUnderWayCount = 0
        private(set) var cancelCount = 0
        private var underWay: Set<Int> = []
        /// As those of a local file, its reads go on when they are cancelled.
        var outlivesCancel = false

        func readTail(byteCount: Int) async throws(Status) -> (tail: Slice, objectByteCount: UInt64) {
            preconditionFailure("a part is not a tail")
        }

        func read(_ range: ByteRange) async throws(Status) -> Slice {
            let number = order.count
            order.append(range.offset)
            let read = Read(range: range)
            reads[number] = read
            underWay.insert(number)
            largestUnderWayCount = max(largestUnderWayCount, underWay.count)
            await read.answer.wait()
            underWay.remove(number)
            guard let outcome = reads[number]?.outcome else { preconditionFailure("woken without an answer") }
            return try outcome.get()
        }

        func cancel() {
            cancelCount += 1
            guard !outlivesCancel else { return }
            for number in underWay { finish(number, .failure(Status(.cancelled, "read cancelled"))) }
        }

        /// Each part's bytes are its offset.
        func answer(_ number: Int) {
            guard let range = reads[number]?.range else { preconditionFailure("no such read") }
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: range.offset), count: Int(range.count))
            finish(number, .success(Slice(copying: bytes)))
        }

        func finish(_ number: Int, _ outcome: Result<Slice, Status>) {
            reads[number]?.outcome = outcome
            reads[number]?.answer.wake()
        }

        func answerAll() {
            for number in underWay.sorted() { answer(number) }
        }
    }

    /// Ranges of 10 bytes each, one after the other.
    private static func parts(_ count: Int) -> [ByteRange] {
        (0..<count).map { ByteRange(offset: UInt64($0 * 10), count: 10) }
    }

    /// A fetcher whose parts are asked for one by one.
    final class Reader {
        private let loop: EventLoop
        private let change = Suspension()
        private var arrived: [Int: Slice] = [:]
        private var made: PartFetcher?

        init(
            _ loop: EventLoop, _ object: HeldObject, count: Int, window: Int, requests: Int,
            account: MemoryAccount = MemoryBudget(limitByteCount: 1 << 30).openAccount()
        ) {
            self.loop = loop
            made = PartFetcher(
                loop: loop, source: object, ranges: parts(count),
                window: ReadAheadWindow(ReadAheadWindow.Limits(byteCount: window, requestCount: requests), now: 0),
                account: account, lender: nil
            ) { [self] part, bytes in
                arrived[part] = bytes
                change.wake()
            } failed: { [self] in
                change.wake()
            }
        }

        private var fetcher: PartFetcher {
            guard let made else { preconditionFailure("no fetcher") }
            return made
        }

        func advance(releasedByteCount: Int) { fetcher.advance(releasedByteCount: releasedByteCount) }
        func cancel() { fetcher.cancel() }

        func part(_ index: Int, releasedByteCount: Int) async throws(Status) -> Slice {
            while true {
                if let failure = fetcher.failure { throw failure }
                fetcher.want(index)
                fetcher.advance(releasedByteCount: releasedByteCount)
                if let slice = arrived.removeValue(forKey: index) { return slice }
                await change.wait()
            }
        }
    }

    private static func fetcher(
        _ loop: EventLoop, _ object: HeldObject, count: Int, window: Int, requests: Int
    ) -> Reader {
        Reader(loop, object, count: count, window: window, requests: requests)
    }

    /// Lets everything that is ready run.
    private static func settle(_ loop: EventLoop) async {
        await loop.sleep(nanoseconds: 2_000_000)
    }

    @Test(arguments: RingKind.allCases)
    func theWindowIsRespected(_ kind: RingKind) async throws {
        let counts = try await onCore(kind) { loop in
            let object = HeldObject()
            let fetcher = Self.fetcher(loop, object, count: 10, window: 35, requests: 8)
            var counts: [Int] = []
            for released in [0, 0, 9, 10, 25, 100] {
                fetcher.advance(releasedByteCount: released)
                await Self.settle(loop)
                counts.append(object.order.count)
                object.answerAll()
                await Self.settle(loop)
            }
            return counts
        }
        // Bytes that have arrived count until they are released: three parts, then one more for each ten released.
        #expect(counts == [3, 3, 4, 4, 6, 10])
    }

    @Test(arguments: RingKind.allCases)
    func requestsAtOnceAreLimited(_ kind: RingKind) async throws {
        let (first, later, largest) = try await onCore(kind) { loop in
            let object = HeldObject()
            let fetcher = Self.fetcher(loop, object, count: 10, window: 1000, requests: 3)
            fetcher.advance(releasedByteCount: 0)
            await Self.settle(loop)
            let first = object.order.count
            object.answer(1)
            await Self.settle(loop)
            fetcher.advance(releasedByteCount: 0)
            await Self.settle(loop)
            return (first, object.order.count, object.largestUnderWayCount)
        }
        #expect(first == 3)
        #expect(later == 4)
        #expect(largest == 3)
    }

    @Test(arguments: RingKind.allCases)
    func theNeededPartIsFetchedWhateverTheWindowSays(_ kind: RingKind) async throws {
        let (order, bytes) = try await onCore(kind) { loop in
            let object = HeldObject()
            let fetcher = Self.fetcher(loop, object, count: 4, window: 5, requests: 1)
            fetcher.advance(releasedByteCount: 0)
            loop.spawn {
                await Self.settle(loop)
                object.answerAll()
            }
            let slice = try await fetcher.part(2, releasedByteCount: 0)
            return (object.order, slice.copiedBytes())
        }
        #expect(order == [20])
        #expect(bytes == Array(repeating: 20, count: 10))
    }

    /// Whatever the order in which the answers come, each part is asked for once and has its own bytes.
    @Test(arguments: RingKind.allCases)
    func answersInAnyOrderAndRequestsAsPlanned(_ kind: RingKind) async throws {
        let (order, firstBytes, cancels) = try await onCore(kind) { loop in
            let object = HeldObject()
            let fetcher = Self.fetcher(loop, object, count: 20, window: 55, requests: 4)
            let isOver = Box(false)
            loop.spawn {
                while !isOver.value {
                    // The latest first.
                    for number in object.reads.keys.sorted(by: >) where object.reads[number]?.outcome == nil {
                        object.answer(number)
                        await loop.sleep(nanoseconds: 300_000)
                    }
                    await loop.sleep(nanoseconds: 300_000)
                }
            }
            var firstBytes: [UInt8] = []
            for part in 0..<20 {
                let slice = try await fetcher.part(part, releasedByteCount: part * 10)
                firstBytes.append(slice.copiedBytes()[9])
            }
            isOver.value = true
            fetcher.cancel()
            await Self.settle(loop)
            return (object.order, firstBytes, object.cancelCount)
        }
        #expect(order == Self.parts(20).map(\.offset))
        #expect(firstBytes == (0..<20).map { UInt8($0 * 10) })
        #expect(cancels == 1)
    }

    @Test(arguments: RingKind.allCases)
    func theFirstFailureIsReportedAndNothingNewIsAsked(_ kind: RingKind) async throws {
        let (statuses, requests) = try await onCore(kind) { loop in
            let object = HeldObject()
            let fetcher = Self.fetcher(loop, object, count: 10, window: 1000, requests: 3)
            loop.spawn {
                await Self.settle(loop)
                object.finish(1, .failure(Status(.notFound, "first")))
                await Self.settle(loop)
                object.finish(0, .failure(Status(.unavailable, "second")))
            }
            var statuses: [Status?] = []
            for part in [0, 5, 9] {
                do throws(Status) {
                    _ = try await fetcher.part(part, releasedByteCount: 0)
                    statuses.append(nil)
                } catch {
                    statuses.append(error)
                }
                await Self.settle(loop)
            }
            fetcher.advance(releasedByteCount: 1000)
            object.answer(2)
            await Self.settle(loop)
            return (statuses, object.order.count)
        }
        #expect(statuses == Array(repeating: Status(.notFound, "first"), count: 3))
        #expect(requests == 3)
    }

    @Test(arguments: RingKind.allCases)
    func cancellingWakesTheWaiterAndEndsTheReads(_ kind: RingKind) async throws {
        let (status, requests, cancels, later) = try await onCore(kind) { loop in
            let object = HeldObject()
            let fetcher = Self.fetcher(loop, object, count: 10, window: 1000, requests: 3)
            loop.spawn {
                await Self.settle(loop)
                fetcher.cancel()
                fetcher.cancel()
            }
            var statuses: [StatusCode] = []
            for part in [0, 7] {
                do throws(Status) {
                    _ = try await fetcher.part(part, releasedByteCount: 0)
                } catch {
                    statuses.append(error.code)
                }
            }
            fetcher.advance(releasedByteCount: 0)
            await Self.settle(loop)
            return (statuses.first, object.order.count, object.cancelCount, statuses.last)
        }
        #expect(status == .cancelled)
        #expect(later == .cancelled)
        #expect(requests == 3)
        #expect(cancels == 1)
    }

    @Test(arguments: RingKind.allCases)
    func cancellingNeedNotWaitForReads(_ kind: RingKind) async throws {
        let (codes, requests) = try await onCore(kind) { loop in
            let object = HeldObject()
            object.outlivesCancel = true
            let fetcher = Self.fetcher(loop, object, count: 10, window: 20, requests: 2)
            loop.spawn {
                await Self.settle(loop)
                fetcher.cancel()
            }
            var codes: [StatusCode] = []
            for part in [0, 1, 7] {
                do throws(Status) {
                    _ = try await fetcher.part(part, releasedByteCount: 0)
                } catch {
                    codes.append(error.code)
                }
            }
            object.answerAll()
            await Self.settle(loop)
            return (codes, object.order.count)
        }
        #expect(codes == [.cancelled, .cancelled, .cancelled])
        #expect(requests == 2)
    }

    @Test(arguments: RingKind.allCases)
    func theBudgetBoundsWhatNobodyWaitsFor(_ kind: RingKind) async throws {
        let (counts, expected) = try await onCore(kind) { loop in
            let object = HeldObject()
            let budget = MemoryBudget(limitByteCount: 40)
            let account = budget.openAccount()
            let fetcher = Reader(loop, object, count: 10, window: 1000, requests: 8, account: account)
            var counts: [Int] = []
            fetcher.advance(releasedByteCount: 0)
            await Self.settle(loop)
            counts.append(object.order.count)
            loop.spawn { _ = try? await fetcher.part(7, releasedByteCount: 0) }
            await Self.settle(loop)
            counts.append(object.order.count)
            let expected = budget.committedByteCount
            object.answerAll()
            await Self.settle(loop)
            fetcher.cancel()
            return (counts, expected)
        }
        // Three quarters of the budget are for all; the part that is waited for goes beyond.
        #expect(counts == [3, 4])
        #expect(expected == 40)
    }

    @Test(arguments: RingKind.allCases)
    func whatIsCancelledIsNotExpectedAnyMore(_ kind: RingKind) async throws {
        let committed = try await onCore(kind) { loop in
            let object = HeldObject()
            let budget = MemoryBudget(limitByteCount: 1000)
            let fetcher = Reader(
                loop, object, count: 10, window: 1000, requests: 3, account: budget.openAccount())
            fetcher.advance(releasedByteCount: 0)
            await Self.settle(loop)
            let before = budget.committedByteCount
            fetcher.cancel()
            return [before, budget.committedByteCount]
        }
        #expect(committed == [30, 0])
    }

    @Test func idleTimeWidensTheWindow() {
        let limits = ReadAheadWindow.Limits(byteCount: 10, largestByteCount: 35, requestCount: 1)
        let window = ReadAheadWindow(limits, now: 1_000_000_000)
        #expect(window.hasRoom(10))
        #expect(!window.hasRoom(11))
        // A near store answers sooner.
        window.waited(idleNanoseconds: 1_000_000, until: 1_010_000_000)
        #expect(window.byteLimit == 10)
        window.waited(idleNanoseconds: 4_000_000, until: 1_020_000_000)
        #expect(window.byteLimit == 20)
        #expect(window.hasRoom(20))
        // A core that is busy otherwise.
        var now: UInt64 = 1_020_000_000
        for _ in 0..<100 {
            now += 20_000_000
            window.waited(idleNanoseconds: 2_000_000, until: now)
        }
        #expect(window.byteLimit == 20)
        for _ in 0..<100 {
            now += 10_000_000
            window.waited(idleNanoseconds: 9_000_000, until: now)
        }
        #expect(window.byteLimit == 35)
    }

    @Test(arguments: RingKind.allCases)
    func readsInsideTheTailCostNoRequest(_ kind: RingKind) async throws {
        let (inside, order) = try await onCore(kind) { loop in
            let object = HeldObject()
            let tail = FetchedRange(range: ByteRange(offset: 25, count: 5), bytes: Slice(copying: [5, 6, 7, 8, 9]))
            let source = TailedSource(tail: tail, behind: object)
            let inside = try await source.read(ByteRange(offset: 26, count: 4)).copiedBytes()
            loop.spawn { _ = try? await source.read(ByteRange(offset: 24, count: 3)) }
            await Self.settle(loop)
            object.answerAll()
            await Self.settle(loop)
            return (inside, object.order)
        }
        #expect(inside == [6, 7, 8, 9])
        #expect(order == [24])
    }
}
