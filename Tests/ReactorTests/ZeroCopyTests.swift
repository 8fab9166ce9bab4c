import Bytes
import CoreHarness
import Glibc
import Testing

@testable import Reactor

private let kernelSendsZeroCopy = (try? KernelRing())?.sendsZeroCopy == true

/// Over loopback the kernel copies all the same, late: what the peer's window has no room for is read where it lies until
/// the peer makes some. A peer that does not read so holds notifications back.
@Suite(
    "Sends without copying",
    .enabled(if: kernelSendsZeroCopy, "this kernel has no SENDMSG_ZC that reports copies, or no io_uring"))
struct ZeroCopyTests {
    static let threshold = Socket.zeroCopyByteCount
    /// More than a fresh connection's window, less than its send buffer.
    static let unreadByteCount = 512 << 10

    // MARK: Content

    @Test(arguments: [
        1, threshold - 1, threshold, threshold + 1, threshold + 4095, 2 * threshold - 1, 300_000, 1 << 20,
        (1 << 20) + 1, 3_333_333, 24 << 20,
    ])
    func everyByteArrives(_ byteCount: Int) async throws {
        for entryByteCount in [byteCount, 9 + byteCount / 3, max(1, byteCount / 1000)] {
            let (wrong, sends) = try await onCore(.uring) { loop in
                let pair = try await SocketPair(on: loop)
                let received = Received(pair.receiver, byteCount: byteCount, on: loop)
                try await pair.sender.send(Pattern.slices(byteCount: byteCount, entryByteCount: entryByteCount))
                let wrong = await received.wrongByteCount
                await settle(loop)
                pair.close()
                return (wrong, loop.zeroCopySends)
            }
            #expect(wrong == 0)
            #expect(sends.copiedCount + sends.uncopiedCount == (byteCount < Self.threshold ? 0 : 1))
        }
    }

    // MARK: Memory

    /// The pool hands released memory to the next taker, who writes into it.
    @Test func memoryIsHeldUntilTheNotificationWhileSendsGoOn() async throws {
        let seen = try await onCore(.uring) { loop in
            let pool = BlockPool(idleLimitByteCount: 64 << 20)
            let pair = try await SocketPair(on: loop)
            let byteCount = Self.unreadByteCount
            try await pair.sender.send([Pattern.slice(byteCount: byteCount, from: pool)])
            let afterFirst = pool.lentByteCount
            scribble(pool, byteCount: byteCount)
            try await pair.sender.send([Pattern.slice(byteCount: byteCount / 2, startingAt: byteCount, from: pool)])
            let afterSecond = pool.lentByteCount
            scribble(pool, byteCount: byteCount / 2)
            let pending = loop.pendingOperationCount
            let received = Received(pair.receiver, byteCount: byteCount + byteCount / 2, on: loop)
            let wrong = await received.wrongByteCount
            await settle(loop)
            let atTheEnd = pool.lentByteCount
            pair.close()
            return (afterFirst, afterSecond, pending, wrong, atTheEnd, loop.zeroCopySends.copiedCount)
        }
        #expect(seen.0 == Self.unreadByteCount)
        #expect(seen.1 == Self.unreadByteCount / 2 * 3)
        // The waker's read, and the two that wait for their notification.
        #expect(seen.2 == 3)
        #expect(seen.3 == 0)
        #expect(seen.4 == 0)
        #expect(seen.5 == 2)
    }

    @Test func aResetByThePeerReleasesTheMemory() async throws {
        let seen = try await onCore(.uring) { loop in
            let pool = BlockPool(idleLimitByteCount: 64 << 20)
            let pair = try await SocketPair(on: loop)
            try await pair.sender.send([Pattern.slice(byteCount: Self.unreadByteCount, from: pool)])
            let before = pool.lentByteCount
            // Closing with unread bytes resets.
            pair.receiver.close()
            await settle(loop)
            let after = pool.lentByteCount
            var code: Int32?
            do throws(KernelError) {
                try await pair.sender.send([Pattern.slice(byteCount: Self.unreadByteCount, from: pool)])
            } catch {
                code = error.code
            }
            await settle(loop)
            pair.close()
            return (before, after, code, pool.lentByteCount, loop.pendingOperationCount)
        }
        #expect(seen.0 == Self.unreadByteCount)
        #expect(seen.1 == 0)
        #expect(seen.2 == EPIPE || seen.2 == ECONNRESET)
        #expect(seen.3 == 0)
        #expect(seen.4 == 1)
    }

    /// Far more than the send buffer, so that the send itself waits for the peer.
    @Test func aSendThatIsUnderWayCanBeClosed() async throws {
        let seen = try await onCore(.uring) { loop in
            let pool = BlockPool(idleLimitByteCount: 64 << 20)
            let pair = try await SocketPair(on: loop)
            _ = loop.schedule(at: loop.now() + 20_000_000) { pair.sender.close() }
            var failure: KernelError?
            do throws(KernelError) {
                try await pair.sender.send([Pattern.slice(byteCount: 24 << 20, from: pool)])
            } catch {
                failure = error
            }
            let held = pool.lentByteCount
            // What was queued by then is a prefix, and still read from the block.
            let target = Block.allocate(capacity: 24 << 20)
            let count = try await pair.receiver.receive(into: target.slice(0, count: 24 << 20), fills: true)
            let wrong = Pattern.wrongByteCount(target.slice(0, count: count))
            await settle(loop)
            pair.close()
            return (failure, held, count, wrong, pool.lentByteCount, loop.pendingOperationCount)
        }
        #expect(seen.0 == .cancelled)
        #expect(seen.1 == 24 << 20)
        #expect(seen.2 > 0 && seen.2 < 24 << 20)
        #expect(seen.3 == 0)
        #expect(seen.4 == 0)
        #expect(seen.5 == 1)
    }

    // MARK: Endings

    /// The thread ends; the kernel goes on reading, so the memory must stay what it was.
    @Test func aStoppedLoopLeavesTheKernelItsMemory() async throws {
        let pool = BlockPool(idleLimitByteCount: 64 << 20)
        let byteCount = Self.unreadByteCount
        let peer = try await onCore(.uring) { loop in
            let (peer, sender) = try PlainPeer.withSocket(on: loop)
            try await sender.send([Pattern.slice(byteCount: byteCount, from: pool)])
            sender.close()
            return peer
        }
        #expect(pool.lentByteCount == byteCount)
        scribble(pool, byteCount: byteCount)
        let received = peer.receiveAll()
        #expect(received.count == byteCount)
        #expect(Pattern.wrongByteCount(Slice(copying: received)) == 0)
    }

    @Test func aRingClosesBeforeItsNotifications() throws {
        let (near, peer) = try PlainPeer.connected()
        let slice = Pattern.slices(byteCount: Self.unreadByteCount, entryByteCount: Self.unreadByteCount)
        let gather = GatherList()
        gather.load(slice)
        let token = OperationToken(slot: 0, generation: 0)
        var ring: KernelRing? = try KernelRing()
        unsafe ring?.submit(.sendZeroCopy(near, message: gather.message), token: token)
        var completions: [Completion] = []
        while completions.isEmpty { try ring?.wait(timeoutNanoseconds: nil, into: &completions) }
        ring = nil
        try #require(completions.count == 1)
        #expect(completions[0].token == token)
        #expect(completions[0].result == Self.unreadByteCount)
        guard case .beforeNotification = completions[0].stage else {
            Issue.record("no notification was announced")
            return
        }
        _ = Glibc.close(near)
        let received = peer.receiveAll()
        #expect(received.count == Self.unreadByteCount)
        withExtendedLifetime(slice) { #expect(Pattern.wrongByteCount(Slice(copying: received)) == 0) }
    }

    // MARK: Switching off

    @Test func aConnectionWhoseBytesWereCopiedSendsPlainly() async throws {
        let counts = try await onCore(.uring) { loop in
            var counts: [Int] = []
            for _ in 0..<2 {
                let pair = try await SocketPair(on: loop)
                for _ in 0..<3 {
                    let received = Received(pair.receiver, byteCount: Self.threshold, on: loop)
                    try await pair.sender.send(
                        Pattern.slices(byteCount: Self.threshold, entryByteCount: Self.threshold))
                    #expect(await received.wrongByteCount == 0)
                    await settle(loop)
                    counts.append(loop.zeroCopySends.copiedCount)
                }
                pair.close()
            }
            #expect(loop.zeroCopySends.uncopiedCount == 0)
            return counts
        }
        #expect(counts == [1, 1, 1, 2, 2, 2])
    }

    @Test func aConnectionWhoseBytesWereNotCopiedGoesOn() async throws {
        let sends = try await onCore(.neverCopied) { loop in
            let pair = try await SocketPair(on: loop)
            for _ in 0..<3 {
                let received = Received(pair.receiver, byteCount: Self.threshold, on: loop)
                try await pair.sender.send(Pattern.slices(byteCount: Self.threshold, entryByteCount: Self.threshold))
                #expect(await received.wrongByteCount == 0)
                await settle(loop)
            }
            pair.close()
            return loop.zeroCopySends
        }
        #expect(sends.uncopiedCount == 3)
        #expect(sends.copiedCount == 0)
    }

    @Test(arguments: RingKind.allCases)
    func itCanBeForbidden(_ kind: RingKind) async throws {
        let sends = try await onCore(kind) { loop in
            // The ring over epoll has none to forbid.
            if kind == .uring { loop.allowsZeroCopy = false }
            let pair = try await SocketPair(on: loop)
            let received = Received(pair.receiver, byteCount: 1 << 20, on: loop)
            try await pair.sender.send(Pattern.slices(byteCount: 1 << 20, entryByteCount: 1 << 14))
            #expect(await received.wrongByteCount == 0)
            await settle(loop)
            pair.close()
            return loop.zeroCopySends
        }
        #expect(sends.copiedCount + sends.uncopiedCount == 0)
    }

    // MARK: Refusals

    /// Local sockets cannot do without copying.
    @Test func aSocketThatCannotSendsPlainly() async throws {
        let sends = try await onCore(.uring) { loop in
            var descriptors: [Int32] = [0, 0]
            try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors) == 0)
            let pair = SocketPair(
                sender: Socket(loop: loop, descriptor: descriptors[0]),
                receiver: Socket(loop: loop, descriptor: descriptors[1]))
            let received = Received(pair.receiver, byteCount: 2 << 20, on: loop)
            for half in Pattern.slices(byteCount: 2 << 20, entryByteCount: 1 << 20) {
                try await pair.sender.send([half])
            }
            #expect(await received.wrongByteCount == 0)
            await settle(loop)
            pair.close()
            return loop.zeroCopySends
        }
        // The kernel notifies of the one that it refused.
        #expect(sends.copiedCount <= 1)
        #expect(sends.uncopiedCount == 0)
    }

    @Test(arguments: [EAGAIN, ENOBUFS, ENOMEM, EOPNOTSUPP], [false, true])
    func aRefusedSendIsRepeatedPlainly(_ code: Int32, _ notifies: Bool) async throws {
        let copiedCount = try await onCore(.refuse(code: code, notifies: notifies)) { loop in
            let pair = try await SocketPair(on: loop)
            let received = Received(pair.receiver, byteCount: 2 << 20, on: loop)
            for half in Pattern.slices(byteCount: 2 << 20, entryByteCount: 1 << 20) {
                try await pair.sender.send([half])
            }
            #expect(await received.wrongByteCount == 0)
            await settle(loop)
            pair.close()
            return loop.zeroCopySends.copiedCount
        }
        #expect(copiedCount == (notifies ? 1 : 0))
    }

    @Test func otherErrorsAreTheCallers() async throws {
        let code = try await onCore(.refuse(code: ECONNRESET, notifies: true)) { loop -> Int32? in
            let pair = try await SocketPair(on: loop)
            defer { pair.close() }
            do throws(KernelError) {
                try await pair.sender.send(Pattern.slices(byteCount: 1 << 20, entryByteCount: 1 << 20))
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code == ECONNRESET)
    }

    @Test func theRestOfAShortSendGoesOnPlainly() async throws {
        let sends = try await onCore(.shorten(entryCount: 5)) { loop in
            let pair = try await SocketPair(on: loop)
            let received = Received(pair.receiver, byteCount: 2 << 20, on: loop)
            let slices = Pattern.slices(byteCount: 2 << 20, entryByteCount: 33_333)
            try await pair.sender.send(Array(slices[..<20]))
            try await pair.sender.send(Array(slices[20...]))
            #expect(await received.wrongByteCount == 0)
            await settle(loop)
            pair.close()
            return loop.zeroCopySends
        }
        #expect(sends.copiedCount == 1)
    }
}

/// Waits until only the waker's read is left.
private func settle(_ loop: EventLoop) async {
    for _ in 0..<5000 where loop.pendingOperationCount > 1 { await loop.sleep(nanoseconds: 1_000_000) }
}

/// What somebody else would do with memory that was given back too early.
private func scribble(_ pool: BlockPool, byteCount: Int) {
    var bytes = pool.take(byteCount: byteCount).mutableBytes
    for position in 0..<byteCount { bytes.storeBytes(of: 0xEE, toByteOffset: position, as: UInt8.self) }
}
