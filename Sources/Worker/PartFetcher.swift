import Bytes
import Grpc
import Reactor

/// Fetches the parts of one scan ahead of the decoder, in the decoder's order.
///
/// - Shape: bytes that are under way or not yet passed by the decoder stay within a window and within the memory that the
///   scan may use; a part that the decoder waits for is fetched whatever they say, so that the scan always moves.
final class PartFetcher {
    private let loop: EventLoop
    private let source: any ObjectSource
    private let ranges: [ByteRange]
    private let window: ReadAheadWindow
    private let account: MemoryAccount
    private let lender: ReadLender?
    private let deliver: (Int, Slice) -> Void
    private let failed: () -> Void
    private var isStarted: [Bool]
    private var nextPart = 0
    /// Bytes asked for, and bytes of those that the decoder has passed.
    private var startedByteCount = 0
    /// Bytes announced to the account that have not come.
    private var expectedByteCount = 0
    private var releasedByteCount = 0
    private var isCancelled = false
    /// Whether the store has answered: before that nobody knows whether these keys may read this version.
    private var hasDelivered = false
    /// Those under way.
    private var lentReads: [ObjectIdentifier: LentRead] = [:]
    /// Why no more parts will come.
    private(set) var failure: Status?

    /// - Parameters:
    ///   - lender: finds other cores for what is read ahead; nil to read all of it here.
    ///   - deliver: takes each part once, when it is there.
    ///   - failed: tells that ``failure`` is set.
    init(
        loop: EventLoop, source: any ObjectSource, ranges: [ByteRange], window: ReadAheadWindow, account: MemoryAccount,
        lender: ReadLender?, deliver: @escaping (Int, Slice) -> Void, failed: @escaping () -> Void
    ) {
        self.loop = loop
        self.source = source
        self.ranges = ranges
        self.window = window
        self.account = account
        self.lender = lender
        self.deliver = deliver
        self.failed = failed
        isStarted = Array(repeating: false, count: ranges.count)
    }

    /// Whether every part was asked for.
    var hasStartedAll: Bool { nextPart == ranges.count }

    /// Starts fetches as far as the window allows.
    ///
    /// - Parameter releasedByteCount: bytes of parts that the decoder has passed so far.
    func advance(releasedByteCount: Int) {
        guard !isCancelled else { return }
        window.heldByteCount -= releasedByteCount - self.releasedByteCount
        self.releasedByteCount = releasedByteCount
        while nextPart < ranges.count, failure == nil {
            guard !isStarted[nextPart] else {
                nextPart += 1
                continue
            }
            let byteCount = Int(ranges[nextPart].count)
            guard window.hasRoom(byteCount),
                source.holds(ranges[nextPart]) || account.expect(byteCount, isNeeded: false)
            else { return }
            start(nextPart, isNeeded: false)
        }
    }

    /// Starts one fetch unless it was started before.
    func want(_ part: Int) {
        guard !isStarted[part], failure == nil else { return }
        if !source.holds(ranges[part]) { _ = account.expect(Int(ranges[part].count), isNeeded: true) }
        start(part, isNeeded: true)
    }

    /// Ends all fetches.
    func cancel() {
        guard !isCancelled else { return }
        isCancelled = true
        window.heldByteCount -= startedByteCount - releasedByteCount
        account.forget(expectedByteCount)
        failure = failure ?? Status(.cancelled, "the call was cancelled")
        source.cancel()
        for read in lentReads.values { read.cancel() }
        failed()
    }

    private func start(_ index: Int, isNeeded: Bool) {
        let range = ranges[index]
        let byteCount = Int(range.count)
        isStarted[index] = true
        window.underWayCount += 1
        window.heldByteCount += byteCount
        startedByteCount += byteCount
        let expected = source.holds(range) ? 0 : byteCount
        expectedByteCount += expected
        loop.spawn { [self] in
            let outcome: Result<Slice, Status>
            do throws(Status) {
                outcome = .success(try await read(range, isNeeded: isNeeded))
            } catch {
                outcome = .failure(error)
            }
            window.underWayCount -= 1
            if case .success = outcome { expectedByteCount -= expected }
            guard failure == nil else { return }
            switch outcome {
            case .success(let bytes):
                hasDelivered = true
                deliver(index, bytes)
            case .failure(let status):
                failure = status
                failed()
            }
        }
    }

    /// What the decoder waits for comes without the way to another core.
    private func read(_ range: ByteRange, isNeeded: Bool) async throws(Status) -> Slice {
        guard !isNeeded, hasDelivered, !isCancelled, let lent = lender?.lend(source.order(range)) else {
            return try await source.read(range)
        }
        lentReads[ObjectIdentifier(lent)] = lent
        defer { lentReads[ObjectIdentifier(lent)] = nil }
        return try await lent.bytes()
    }
}

/// How far a query may fetch ahead of its decoder, and how far it has; shared by the files of a query.
///
/// A store that is near needs a small window; one that is far leaves the core idle, and that makes it larger. Waiting alone
/// says nothing: on a busy core a part waits for the core's other scans, and more of them in memory would only wait longer.
final class ReadAheadWindow {
    /// What is configured.
    struct Limits {
        /// Bytes under way or waiting to be decoded, to begin with.
        var byteCount = 12 << 20
        /// The same, at most.
        var largestByteCount = 96 << 20
        /// Requests at once, to begin with.
        var requestCount = 8
    }

    /// Units: nanoseconds.
    private static let longIdleTime: UInt64 = 4_000_000
    /// The core was idle for more than one part in so many.
    private static let idleShare: UInt64 = 8
    /// Units: nanoseconds; what is longer ago counts less and less.
    private static let memory: UInt64 = 500_000_000

    private let limits: Limits
    private(set) var byteLimit: Int
    private var requestLimit: Int
    /// Bytes asked for that no decoder has passed.
    fileprivate(set) var heldByteCount = 0
    fileprivate(set) var underWayCount = 0
    private var idleTime: UInt64 = 0
    private var since: UInt64

    /// - Parameter now: of the loop's clock.
    init(_ limits: Limits, now: UInt64) {
        self.limits = limits
        byteLimit = limits.byteCount
        requestLimit = limits.requestCount
        since = now
    }

    func hasRoom(_ byteCount: Int) -> Bool {
        underWayCount < requestLimit && heldByteCount + byteCount <= byteLimit
    }

    /// The decoder has waited for a part.
    ///
    /// - Parameter idleNanoseconds: of the wait, what the core had nothing to do in.
    func waited(idleNanoseconds: UInt64, until now: UInt64) {
        if now - since > Self.memory { (since, idleTime) = (now - Self.memory / 2, idleTime / 2) }
        idleTime += idleNanoseconds
        guard idleTime > Self.longIdleTime, idleTime * Self.idleShare > now - since else { return }
        (since, idleTime) = (now, 0)
        guard byteLimit < limits.largestByteCount else { return }
        byteLimit = min(byteLimit * 2, limits.largestByteCount)
        requestLimit *= 2
    }
}
