import Bytes
import CoreHarness
import Glibc
import Reactor
import Testing

@Suite("Event loop, on both rings")
struct EventLoopTests {
    static let loopback = SocketAddress(numeric: "127.0.0.1", port: 0)

    @Test(arguments: RingKind.allCases)
    func timersRunInOrderAndCancelledOnesDoNot(_ kind: RingKind) async throws {
        let order = try await onCore(kind) { loop in
            let order = Box<[Int]>([])
            let now = loop.now()
            _ = loop.schedule(at: now + 20_000_000) { order.value.append(2) }
            _ = loop.schedule(at: now + 10_000_000) { order.value.append(1) }
            let cancelled = loop.schedule(at: now + 15_000_000) { order.value.append(9) }
            loop.cancel(cancelled)
            await loop.sleep(nanoseconds: 40_000_000)
            return order.value
        }
        #expect(order == [1, 2])
    }

    @Test(arguments: RingKind.allCases)
    func echoesThroughASocketPairOfItsOwn(_ kind: RingKind) async throws {
        let echoed = try await onCore(kind) { loop in
            let listener = try Listener(on: #require(Self.loopback), loop: loop)
            listener.run { socket in
                loop.spawn {
                    let slice = Block.allocate(capacity: 100).slice(0, count: 100)
                    while let count = try? await socket.receive(into: slice), count > 0 {
                        try? await socket.send([slice.extracting(0..<count)])
                    }
                    socket.close()
                }
            }
            let socket = try await Socket.connect(to: listener.address, on: loop, timeoutNanoseconds: 1_000_000_000)
            let parts = [Slice(copying: [1, 2]), Slice(copying: [3]), Slice(copying: [4, 5, 6])]
            try await socket.send(parts)
            let answer = Block.allocate(capacity: 6).slice(0, count: 6)
            let count = try await socket.receive(into: answer, fills: true)
            socket.shutdownOutput()
            let end = try await socket.receive(into: Block.allocate(capacity: 1).slice(0, count: 1))
            socket.close()
            listener.close()
            await loop.sleep(nanoseconds: 5_000_000)
            // Only the waker's read is left.
            return (answer.copiedBytes(), count, end, loop.pendingOperationCount)
        }
        #expect(echoed.0 == [1, 2, 3, 4, 5, 6])
        #expect(echoed.1 == 6)
        #expect(echoed.2 == 0)
        #expect(echoed.3 == 1)
    }

    /// Far more than a socket buffer holds, so that sends are cut and resumed many times.
    @Test(arguments: RingKind.allCases)
    func largeGatherListsArriveWhole(_ kind: RingKind) async throws {
        let sums = try await onCore(kind) { loop in
            let listener = try Listener(on: #require(Self.loopback), loop: loop)
            let byteCount = 24 << 20
            listener.run { socket in
                loop.spawn {
                    let block = Block.allocate(capacity: byteCount)
                    var bytes = block.mutableBytes
                    for position in 0..<byteCount {
                        bytes.storeBytes(
                            of: UInt8(truncatingIfNeeded: position &* 7), toByteOffset: position, as: UInt8.self)
                    }
                    let piece = byteCount / 1024
                    try? await socket.send((0..<1024).map { block.slice($0 * piece, count: piece) })
                    socket.close()
                }
            }
            let socket = try await Socket.connect(to: listener.address, on: loop, timeoutNanoseconds: 1_000_000_000)
            let target = Block.allocate(capacity: byteCount + 1)
            let count = try await socket.receive(into: target.slice(0, count: byteCount + 1), fills: true)
            var wrong = 0
            let bytes = target.bytes
            for position in 0..<byteCount
            where unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
                != UInt8(truncatingIfNeeded: position &* 7)
            { wrong += 1 }
            socket.close()
            listener.close()
            return (count, wrong)
        }
        #expect(sums.0 == 24 << 20)
        #expect(sums.1 == 0)
    }

    @Test(arguments: RingKind.allCases)
    func aReceiveCanBeCancelled(_ kind: RingKind) async throws {
        let error = try await onCore(kind) { loop -> KernelError? in
            let listener = try Listener(on: #require(Self.loopback), loop: loop)
            let held = Box<Socket?>(nil)
            listener.run { held.value = $0 }
            let socket = try await Socket.connect(to: listener.address, on: loop, timeoutNanoseconds: 1_000_000_000)
            _ = loop.schedule(at: loop.now() + 5_000_000) { socket.cancelOperations() }
            defer { listener.close() }
            do throws(KernelError) {
                _ = try await socket.receive(into: Block.allocate(capacity: 1).slice(0, count: 1))
                return nil
            } catch {
                socket.close()
                held.value?.close()
                return error
            }
        }
        #expect(error == .cancelled)
    }

    @Test(arguments: RingKind.allCases)
    func aRefusedConnectionIsAnError(_ kind: RingKind) async throws {
        let code = try await onCore(kind) { loop -> Int32 in
            let listener = try Listener(on: #require(Self.loopback), loop: loop)
            let address = listener.address
            listener.run { $0.close() }
            listener.close()
            await loop.sleep(nanoseconds: 5_000_000)
            do throws(KernelError) {
                _ = try await Socket.connect(to: address, on: loop, timeoutNanoseconds: 1_000_000_000)
                return 0
            } catch {
                return error.code
            }
        }
        #expect(code == ECONNREFUSED)
    }

    @Test(arguments: RingKind.allCases)
    func mailboxesWakeASleepingCore(_ kind: RingKind) async throws {
        let received: [Int] = try await withCheckedThrowingContinuation { continuation in
            do {
                try CoreActor.startThread(index: 0, kind: kind, processor: nil) { core in
                    let seen = Box<[Int]>([])
                    nonisolated(unsafe) let shared = seen
                    let mailbox = Mailbox<Int>(core: core, capacity: 4) { core, message in
                        unsafe shared.value.append(message)
                        if message == 99 {
                            unsafe continuation.resume(returning: shared.value)
                            core.loop.stop()
                        }
                    }
                    Thread.start {
                        for message in [1, 2, 99] { while !mailbox.post(message) { usleep(1000) } }
                    }
                } failed: {
                    continuation.resume(throwing: $0)
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        #expect(received == [1, 2, 99])
    }

    @Test(arguments: RingKind.allCases)
    func namesAreResolvedOffTheLoop(_ kind: RingKind) async throws {
        let answer = try await onCore(kind) { loop in
            let resolver = Resolver()
            let local = try await resolver.resolve(host: "localhost", port: 80)
            let numeric = try await resolver.resolve(host: "::1", port: 81)
            var failed = false
            do { _ = try await resolver.resolve(host: "no-such-host.invalid", port: 1) } catch { failed = true }
            return (local.map(\.port), numeric.map(\.description), failed)
        }
        #expect(answer.0.allSatisfy { $0 == 80 } && !answer.0.isEmpty)
        #expect(answer.1 == ["[::1]:81"])
        #expect(answer.2)
    }

    /// One call takes at most 1024 entries.
    @Test(arguments: RingKind.allCases)
    func moreSlicesThanOneCallTakesArriveInOrder(_ kind: RingKind) async throws {
        let sent = (0..<2500).map { UInt8(truncatingIfNeeded: $0 % 251) }
        let received = try await onCore(kind) { loop in
            let listener = try Listener(on: #require(Self.loopback), loop: loop)
            listener.run { socket in
                loop.spawn {
                    try? await socket.send(sent.map { Slice(copying: [$0]) })
                    socket.close()
                }
            }
            let socket = try await Socket.connect(to: listener.address, on: loop, timeoutNanoseconds: 1_000_000_000)
            let slice = Block.allocate(capacity: 4096).slice(0, count: 4096)
            let count = try await socket.receive(into: slice, fills: true)
            listener.close()
            socket.close()
            return slice.extracting(0..<count).copiedBytes()
        }
        #expect(received == sent)
    }

    @Test(arguments: RingKind.allCases)
    func computationsTakeTurns(_ kind: RingKind) async throws {
        let order = try await onCore(kind) { loop in
            let order = Box<[Int]>([])
            for task in 0..<2 {
                loop.spawn {
                    for _ in 0..<3 {
                        let start = loop.now()
                        while loop.now() < start + EventLoop.stepNanoseconds {}
                        order.value.append(task)
                        await loop.yieldIfDue()
                    }
                }
            }
            await loop.sleep(nanoseconds: 50_000_000)
            return order.value
        }
        #expect(order == [0, 1, 0, 1, 0, 1])
    }

    /// Jobs that take a whole turn each put a computation off for one turn, not for good.
    @Test(arguments: RingKind.allCases)
    func busyJobsDoNotKeepAComputationWaiting(_ kind: RingKind) async throws {
        let order = try await onCore(kind) { loop in
            let order = Box<[Int]>([])
            func spin(_ task: Int) {
                let start = loop.now()
                while loop.now() < start + EventLoop.stepNanoseconds {}
                order.value.append(task)
            }
            loop.spawn {
                for _ in 0..<20 {
                    spin(0)
                    // Comes back as a job, with the next turn.
                    await loop.sleep(nanoseconds: 0)
                }
            }
            loop.spawn {
                for _ in 0..<5 {
                    await loop.yieldIfDue()
                    spin(1)
                }
            }
            while order.value.count < 25 { await loop.sleep(nanoseconds: 1_000_000) }
            return order.value
        }
        let steps = order.indices.filter { order[$0] == 1 }
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $1 - $0 <= 3 }, "\(order)")
    }

    /// From a small request to its answer it takes jobs that are made by jobs; they run without a turn between.
    @Test(arguments: RingKind.allCases)
    func aChainOfJobsIsNotHeldUpByAComputation(_ kind: RingKind) async throws {
        let order = try await onCore(kind) { loop in
            let order = Box<[String]>([])
            loop.spawn {
                for _ in 0..<3 {
                    let start = loop.now()
                    while loop.now() < start + EventLoop.stepNanoseconds {}
                    order.value.append("step")
                    await loop.yieldIfDue()
                }
            }
            loop.spawn {
                loop.spawn {
                    loop.spawn { order.value.append("answer") }
                }
            }
            await loop.sleep(nanoseconds: 20_000_000)
            return order.value
        }
        #expect(order == ["step", "answer", "step", "step"])
    }
}

/// A plain thread for tests that need a stranger to the core.
enum Thread {
    static func start(_ body: @escaping @Sendable () -> Void) {
        Task.detached { body() }
    }
}
