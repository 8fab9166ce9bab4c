import Bytes

/// How the end of a body is found.
public enum BodyFraming: Hashable, Sendable {
    /// There is no body.
    case none
    /// So many bytes.
    case length(UInt64)
    /// Chunks, each with its size before it.
    case chunked
    /// Everything until the peer closes.
    case untilClose
}

/// Tells the payload of a body from what frames it. Moves no bytes: it says where the payload lies.
///
/// - Spec: RFC 9112 sections 6 and 7.1.
public struct BodyReader {
    /// What the front of the given bytes is: framing to pass over, then payload.
    public struct Piece: Hashable, Sendable {
        /// Bytes to pass over.
        public var framingByteCount: Int
        /// Payload bytes behind them.
        public var payloadByteCount: Int
    }

    private enum State {
        case counted(UInt64)
        case untilClose
        case chunkSize, chunkExtension, chunkSizeEnd
        case chunkData(UInt64)
        case chunkDataEnd, chunkDataLineEnd
        case trailerStart, trailerName, trailerValue, trailerLineEnd, lastLineEnd
        case complete
    }

    private static let maxChunkSizeDigits = 15
    private static let maxChunkLineByteCount = 1024

    private var state: State
    private var chunkByteCount: UInt64 = 0
    private var chunkDigitCount = 0
    private var lineByteCount = 0
    private var trailerByteCount = 0

    /// A reader at the first byte behind the head.
    public init(_ framing: BodyFraming) {
        switch framing {
        case .none, .length(0): state = .complete
        case .length(let count): state = .counted(count)
        case .chunked: state = .chunkSize
        case .untilClose: state = .untilClose
        }
    }

    /// Whether the whole body was read.
    public var isComplete: Bool { if case .complete = state { true } else { false } }

    /// Looks at the front of `bytes` from `start`; call again with what follows the piece until a piece is empty.
    ///
    /// - Parameter payloadLimit: the most payload that the caller has room for.
    public mutating func next(
        _ bytes: RawSpan, from start: Int, payloadLimit: Int
    ) throws(Http1Error) -> Piece {
        var offset = start
        while offset < bytes.byteCount {
            let available = min(bytes.byteCount - offset, payloadLimit)
            switch state {
            case .complete: return Piece(framingByteCount: offset - start, payloadByteCount: 0)
            case .untilClose: return Piece(framingByteCount: offset - start, payloadByteCount: available)
            case .counted(let left):
                let taken = Int(min(UInt64(available), left))
                state = left == UInt64(taken) ? .complete : .counted(left - UInt64(taken))
                return Piece(framingByteCount: offset - start, payloadByteCount: taken)
            case .chunkData(let left):
                let taken = Int(min(UInt64(available), left))
                state = left == UInt64(taken) ? .chunkDataEnd : .chunkData(left - UInt64(taken))
                return Piece(framingByteCount: offset - start, payloadByteCount: taken)
            default:
                try step(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
                offset += 1
            }
        }
        return Piece(framingByteCount: offset - start, payloadByteCount: 0)
    }

    /// The peer closed.
    ///
    /// - Throws: `.truncated` unless the body may end here.
    public mutating func receiveEnd() throws(Http1Error) {
        switch state {
        case .complete: break
        case .untilClose: state = .complete
        default: throw .truncated
        }
    }

    /// One byte of chunk framing.
    private mutating func step(_ byte: UInt8) throws(Http1Error) {
        switch state {
        case .chunkSize: try stepChunkSize(byte)
        case .chunkExtension:
            lineByteCount += 1
            guard lineByteCount <= Self.maxChunkLineByteCount, byte != .lineFeed, byte != 0 else {
                throw .malformedChunk
            }
            if byte == .carriageReturn { state = .chunkSizeEnd }
        case .chunkSizeEnd:
            try require(byte, .lineFeed)
            state = chunkByteCount == 0 ? .trailerStart : .chunkData(chunkByteCount)
        case .chunkDataEnd:
            try require(byte, .carriageReturn)
            state = .chunkDataLineEnd
        case .chunkDataLineEnd:
            try require(byte, .lineFeed)
            chunkByteCount = 0
            chunkDigitCount = 0
            lineByteCount = 0
            state = .chunkSize
        case .trailerStart, .trailerName, .trailerValue, .trailerLineEnd, .lastLineEnd: try stepTrailer(byte)
        case .counted, .untilClose, .chunkData, .complete: preconditionFailure("not framing")
        }
    }

    private mutating func stepChunkSize(_ byte: UInt8) throws(Http1Error) {
        if let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 {
            chunkDigitCount += 1
            guard chunkDigitCount <= Self.maxChunkSizeDigits else { throw .malformedChunk }
            chunkByteCount = chunkByteCount << 4 | UInt64(digit)
            return
        }
        guard chunkDigitCount > 0 else { throw .malformedChunk }
        switch byte {
        case .carriageReturn: state = .chunkSizeEnd
        case UInt8(ascii: ";"), .space, .tab: state = .chunkExtension
        default: throw .malformedChunk
        }
    }

    /// Trailer fields are passed over, but counted, and as strictly formed as those of a head.
    private mutating func stepTrailer(_ byte: UInt8) throws(Http1Error) {
        trailerByteCount += 1
        guard trailerByteCount <= HeadLimits.byteCount else { throw .headTooLong }
        switch state {
        case .trailerStart:
            if byte == .carriageReturn {
                state = .lastLineEnd
            } else {
                guard byte.isTokenCharacter else { throw .malformedChunk }
                state = .trailerName
            }
        case .trailerName:
            if byte == UInt8(ascii: ":") {
                state = .trailerValue
            } else {
                guard byte.isTokenCharacter else { throw .malformedChunk }
            }
        case .trailerValue:
            if byte == .carriageReturn {
                state = .trailerLineEnd
            } else {
                guard byte >= 0x20 && byte != 0x7f || byte == .tab else { throw .malformedChunk }
            }
        case .trailerLineEnd:
            try require(byte, .lineFeed)
            state = .trailerStart
        default:
            try require(byte, .lineFeed)
            state = .complete
        }
    }

    private func require(_ byte: UInt8, _ wanted: UInt8) throws(Http1Error) {
        guard byte == wanted else { throw .malformedChunk }
    }
}
