import Bytes

/// Walks the frame heads of everything received and draws on the abuse limits before the frames are acted upon.
///
/// Why not nghttp2's callbacks: it reports neither unknown frame types nor CONTINUATION, its own reset limit reads a clock,
/// and a limit that is checked first costs the least.
///
/// - Spec: RFC 9113 sections 4.1 and 10.5.
/// - Cost: constant per frame and per call; keeps at most one 9-byte head.
struct FrameMeter {
    private static let prefaceByteCount = 24
    private static let headByteCount = 9
    /// One WINDOW_UPDATE for the stream and one for the connection is what a reader owes for so much data.
    private static let byteCountPerEarnedPair = 16 << 10

    private let settings: ConnectionSettings
    private var resets: TokenBucket
    private var provokedResets: TokenBucket
    private var controlFrames: TokenBucket

    private var head: [UInt8] = []
    /// Bytes to pass over before the next head: the client's preface, then payloads.
    private var skipByteCount: Int
    private var continuationCount = 0
    private var headerBlockByteCount = 0
    /// Whether a header block has begun and not ended.
    private(set) var isInsideHeaderBlock = false
    private(set) var frameCount = 0

    init(role: Connection.Role, settings: ConnectionSettings) {
        self.settings = settings
        resets = TokenBucket(burst: settings.resetBurst, refillPerSecond: settings.resetRefillPerSecond)
        provokedResets = resets
        controlFrames = TokenBucket(
            burst: settings.controlFrameBurst, refillPerSecond: settings.controlFrameRefillPerSecond)
        skipByteCount = role == .server ? Self.prefaceByteCount : 0
        head.reserveCapacity(Self.headByteCount)
    }

    /// Looks at received bytes.
    mutating func receive(_ bytes: RawSpan, nowNanoseconds: UInt64) throws(ConnectionError) {
        var offset = 0
        while offset < bytes.byteCount {
            if skipByteCount > 0 {
                let skipped = min(skipByteCount, bytes.byteCount - offset)
                skipByteCount -= skipped
                offset += skipped
                continue
            }
            head.append(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            offset += 1
            guard head.count == Self.headByteCount else { continue }
            try meter(nowNanoseconds: nowNanoseconds)
            head.removeAll(keepingCapacity: true)
        }
    }

    /// This side had to reset a stream because of what the peer sent.
    mutating func resetWasProvoked(nowNanoseconds: UInt64) throws(ConnectionError) {
        guard provokedResets.take(nowNanoseconds: nowNanoseconds) else {
            throw ConnectionError(.enhanceYourCalm, .tooManyProvokedResets)
        }
    }

    /// A DATA frame went out, for which the peer may send window updates.
    mutating func dataWasSent(byteCount: Int) {
        controlFrames.earn(2 * (1 + byteCount / Self.byteCountPerEarnedPair))
    }

    private mutating func meter(nowNanoseconds: UInt64) throws(ConnectionError) {
        let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
        let flags = head[4]
        skipByteCount = length
        frameCount += 1
        switch FrameType(rawValue: head[3]) {
        case .headers:
            continuationCount = 0
            headerBlockByteCount = 0
            try meterHeaderBlock(length: length, flags: flags)
        case .continuation:
            continuationCount += 1
            guard continuationCount <= settings.maxContinuationCount else {
                throw ConnectionError(.enhanceYourCalm, .tooManyContinuations)
            }
            try meterHeaderBlock(length: length, flags: flags)
        case .resetStream:
            guard resets.take(nowNanoseconds: nowNanoseconds) else {
                throw ConnectionError(.enhanceYourCalm, .tooManyResets)
            }
        case .data where length > 0 || flags & FrameFlags.endStream != 0: break
        case .windowUpdate where head[5...8].contains { $0 != 0 }: break
        default:
            guard controlFrames.take(nowNanoseconds: nowNanoseconds) else {
                throw ConnectionError(.enhanceYourCalm, .tooManyControlFrames)
            }
        }
    }

    private mutating func meterHeaderBlock(length: Int, flags: UInt8) throws(ConnectionError) {
        isInsideHeaderBlock = flags & FrameFlags.endHeaders == 0
        headerBlockByteCount += length
        guard headerBlockByteCount <= settings.hardHeaderListByteCount else {
            throw ConnectionError(.enhanceYourCalm, .headerBlockTooLarge)
        }
    }
}
