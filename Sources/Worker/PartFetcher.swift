import Bytes
import Grpc
import Reactor

/// Fetches the parts of one scan ahead of the decoder, in the decoder's order.
///
/// - Shape: bytes that are under way or not yet passed by the decoder stay within a window; the part that the decoder
///   waits for is fetched whatever the window says, so that the scan always moves.
final class PartFetcher {
    private enum Part {
        case untouched
        case underWay
        case arrived(Slice)
        case handedOver
    }

    private let loop: EventLoop
    private let source: any ObjectSource
    private let ranges: [ByteRange]
    private let readAhead: ReadAhead
    private var parts: [Part]
    private var nextPart = 0
    private var underWayCount = 0
    private var heldByteCount = 0
    private var failure: Status?
    private let arrival = Suspension()
    private var isCancelled = false

    init(loop: EventLoop, source: any ObjectSource, ranges: [ByteRange], readAhead: ReadAhead) {
        self.loop = loop
        self.source = source
        self.ranges = ranges
        self.readAhead = readAhead
        parts = Array(repeating: .untouched, count: ranges.count)
    }

    /// Starts fetches as far as the window allows.
    ///
    /// - Parameter releasedByteCount: bytes of parts that the decoder has passed so far.
    func advance(releasedByteCount: Int) {
        while nextPart < parts.count, underWayCount < readAhead.requestLimit, failure == nil, !isCancelled {
            guard case .untouched = parts[nextPart] else {
                nextPart += 1
                continue
            }
            let byteCount = Int(ranges[nextPart].count)
            guard heldByteCount - releasedByteCount + byteCount <= readAhead.windowByteCount else { return }
            start(nextPart)
        }
    }

    /// The bytes of one part, once they are there.
    func part(_ index: Int, releasedByteCount: Int) async throws(Status) -> Slice {
        while true {
            if let failure { throw failure }
            if isCancelled { throw Status(.cancelled, "the call was cancelled") }
            if case .untouched = parts[index] { start(index) }
            advance(releasedByteCount: releasedByteCount)
            if case .arrived(let slice) = parts[index] {
                parts[index] = .handedOver
                return slice
            }
            await arrival.wait()
        }
    }

    /// Ends all fetches; whoever waits for a part is told.
    func cancel() {
        guard !isCancelled else { return }
        isCancelled = true
        source.cancel()
        arrival.wake()
    }

    private func start(_ index: Int) {
        let range = ranges[index]
        parts[index] = .underWay
        underWayCount += 1
        heldByteCount += Int(range.count)
        loop.spawn { [self] in
            do throws(Status) {
                parts[index] = .arrived(try await source.read(range))
            } catch {
                failure = failure ?? error
            }
            underWayCount -= 1
            arrival.wake()
        }
    }
}

/// How far a scan may fetch ahead of its decoder.
struct ReadAhead {
    /// Bytes under way or waiting to be decoded.
    var windowByteCount = 24 << 20
    /// Requests at once.
    var requestLimit = 8
}
