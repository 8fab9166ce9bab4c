import Bytes
import Grpc
import Reactor
import S3

/// One keep-alive connection to an object store.
final class StoreConnection {
    /// Room for a response head; what comes behind it in the same receive is copied into the block once.
    private static let headByteCount = 2 << 10

    let socket: Socket
    private let headBuffer = Block.allocate(capacity: headByteCount)
    /// When it was put back, for its idle time.
    var idleSince: UInt64 = 0
    /// Whether nothing may be sent or received any more.
    private(set) var isAborted = false

    init(socket: Socket) {
        self.socket = socket
    }

    /// Ends the request that is under way.
    ///
    /// Why a mark too: between two operations there is none to cancel, and the next one would begin.
    func abort() {
        isAborted = true
        socket.cancelOperations()
    }

    /// Sends one request and receives its answer; the body lands in a block taken from `pool`.
    ///
    /// - Returns: the payload, what the answer said, and whether another request may follow.
    func perform(
        _ fetch: inout ObjectFetch, pool: BlockPool
    ) async throws(StoreFailure) -> (payload: Slice, isReusable: Bool) {
        guard !isAborted else { throw .connection(.cancelled, isUntouched: false) }
        do throws(KernelError) {
            try await socket.send([Slice(copying: fetch.requestHead)])
            socket.acknowledgeAtOnce()
        } catch {
            throw .connection(error, isUntouched: true)
        }
        let window = headBuffer.slice(0, count: Self.headByteCount)
        var rest = window.extracting(0..<0)
        while true {
            let received = try await receive(into: window, &fetch)
            let bytes = window.extracting(0..<received)
            let progress: ObjectFetch.HeadProgress
            do throws(S3Error) {
                progress = try fetch.receiveHead(bytes.bytes)
            } catch {
                throw .store(error)
            }
            if case .body(let consumed) = progress {
                rest = bytes.extracting(consumed..<received)
                break
            }
        }
        let payload = try await receiveBody(&fetch, pool: pool, first: rest)
        return (payload, fetch.connectionIsReusable)
    }

    private func receiveBody(
        _ fetch: inout ObjectFetch, pool: BlockPool, first: Slice
    ) async throws(StoreFailure) -> Slice {
        // An error document, or a whole object of unknown length, has no known payload; neither is wanted as such.
        let expected = Int(clamping: fetch.expectedBodyByteCount ?? 0)
        let block = pool.take(byteCount: expected)
        var filled = 0
        var rest = first
        while !fetch.isComplete {
            if rest.count == 0, let direct = fetch.directBodyByteCount, direct > 0 {
                let target = block.slice(filled, count: direct)
                let received = try await receive(into: target, &fetch, fills: true)
                fetch.receivedDirectly(received)
                filled += received
                continue
            }
            if rest.count == 0 {
                let window = headBuffer.slice(0, count: Self.headByteCount)
                rest = window.extracting(0..<(try await receive(into: window, &fetch)))
            }
            do throws(S3Error) {
                var room = block.slice(filled, count: expected - filled).mutableBytes
                let progress = try fetch.receiveBody(rest.bytes, into: &room)
                filled += progress.written
                rest = rest.extracting(progress.consumed..<rest.count)
            } catch {
                throw .store(error)
            }
        }
        return block.slice(0, count: filled)
    }

    /// At least one byte, or the error that the end of the connection stands for.
    private func receive(
        into target: Slice, _ fetch: inout ObjectFetch, fills: Bool = false
    ) async throws(StoreFailure) -> Int {
        guard !isAborted else { throw .connection(.cancelled, isUntouched: false) }
        let count: Int
        do throws(KernelError) {
            count = try await socket.receive(into: target, fills: fills)
        } catch {
            throw .connection(error, isUntouched: fetch.isUntouched)
        }
        guard count == 0 else { return count }
        do throws(S3Error) {
            try fetch.receiveEnd()
        } catch {
            throw fetch.isUntouched ? .connection(KernelError(code: 0), isUntouched: true) : .store(error)
        }
        return 0
    }
}

/// Why a request to a store failed.
enum StoreFailure: Error {
    case store(S3Error)
    /// The connection failed; `isUntouched` says that no byte of an answer had come.
    case connection(KernelError, isUntouched: Bool)
}
