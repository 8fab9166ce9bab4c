import Bytes
import Grpc
import Reactor
import S3

/// One keep-alive connection to an object store.
final class StoreConnection {
    /// Room for a response head; what comes behind it in the same receive is copied into its place once.
    private static let headByteCount = 2 << 10
    /// Bytes of one receive at most: what has arrived is copied in one go, and nothing else happens meanwhile.
    private static let receiveByteLimit = 512 << 10

    let transport: StoreTransport
    private let headBuffer = Block.allocate(capacity: headByteCount)
    private let nothing = Slice(copying: [])
    /// When it was put back, for its idle time.
    var idleSince: UInt64 = 0
    /// Whether nothing may be sent or received any more.
    private(set) var isAborted = false
    /// Whether something of the answer to the last request has come.
    private(set) var hasAnswerBegun = false

    private let openCount: Metrics.Counter
    private var isClosed = false

    /// - Parameter openCount: counts it until it is closed.
    init(transport: StoreTransport, openCount: Metrics.Counter) {
        self.transport = transport
        self.openCount = openCount
        openCount.add()
    }

    /// Ends the request that is under way.
    ///
    /// Why a mark too: between two operations there is none to cancel, and the next one would begin.
    func abort() {
        isAborted = true
        transport.socket.cancelOperations()
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        openCount.add(-1)
        transport.socket.close()
    }

    /// Sends one request and receives its answer.
    ///
    /// - Parameter accept: looks at what a good answer says, before any of its payload, and gives the place for it.
    /// - Returns: whether another request may follow.
    func perform(
        _ fetch: inout ObjectFetch, accept: (ResponseInfo) throws(StoreFailure) -> RangeTarget
    ) async throws(StoreFailure) -> Bool {
        guard !isAborted else { throw .cancelled }
        hasAnswerBegun = false
        try await transport.send(Slice(copying: fetch.requestHead))
        transport.socket.acknowledgeAtOnce()
        let window = headBuffer.slice(0, count: Self.headByteCount)
        var rest = window.extracting(0..<0)
        while true {
            let received = try await receive(into: window, &fetch)
            let bytes = window.extracting(0..<received)
            let progress: ObjectFetch.HeadProgress
            do throws(S3Error) {
                progress = try fetch.receiveHead(bytes.bytes)
            } catch { throw .store(error) }
            if case .body(let consumed) = progress {
                rest = bytes.extracting(consumed..<received)
                break
            }
        }
        var target: RangeTarget?
        if let response = fetch.response { target = try accept(response) }
        try await receiveBody(&fetch, into: target, first: rest)
        return fetch.connectionIsReusable
    }

    /// - Parameter target: nil for an error document, which has no place.
    private func receiveBody(
        _ fetch: inout ObjectFetch, into target: RangeTarget?, first: Slice
    ) async throws(StoreFailure) {
        var rest = first
        while !fetch.isComplete {
            if rest.count == 0, let target, let direct = fetch.directBodyByteCount, direct > 0 {
                let received = try await receive(
                    into: target.room(limit: min(direct, Self.receiveByteLimit)), &fetch, fills: true)
                fetch.receivedDirectly(received)
                target.filled(received)
                continue
            }
            if rest.count == 0 {
                let window = headBuffer.slice(0, count: Self.headByteCount)
                rest = window.extracting(0..<(try await receive(into: window, &fetch)))
            }
            do throws(S3Error) {
                let place = target?.room(limit: Int(clamping: fetch.expectedBodyByteCount)) ?? nothing
                var room = place.mutableBytes
                let progress = try fetch.receiveBody(rest.bytes, into: &room)
                target?.filled(progress.written)
                rest = rest.extracting(progress.consumed..<rest.count)
            } catch { throw .store(error) }
        }
    }

    /// At least one byte, or the error that the end of the connection stands for.
    private func receive(
        into target: Slice, _ fetch: inout ObjectFetch, fills: Bool = false
    ) async throws(StoreFailure) -> Int {
        guard !isAborted else { throw .cancelled }
        let count = try await transport.receive(into: target, fills: fills)
        guard count == 0 else {
            hasAnswerBegun = true
            return count
        }
        do throws(S3Error) { try fetch.receiveEnd() } catch { throw .store(error) }
        return 0
    }
}
