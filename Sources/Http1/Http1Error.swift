/// What can be wrong with a message of the peer. The connection is of no further use.
public enum Http1Error: Error, Hashable, Sendable {
    /// The head is longer than ``HeadLimits/byteCount``.
    case headTooLong
    /// The head has more fields than ``HeadLimits/fieldCount``.
    case tooManyFields
    /// A line feed without carriage return, or the other way round.
    case bareLineBreak
    /// A control character where none may be.
    case controlCharacter
    /// The first line is not a request or status line of HTTP/1.
    case malformedStartLine
    /// A line is no `name: value`, or continues the line before (obsolete folding).
    case malformedField
    /// Lengths that contradict each other, or are no decimal numbers.
    case malformedContentLength
    /// Both Content-Length and Transfer-Encoding, or a coding that is not `chunked`.
    case unsupportedTransferCoding
    /// More 1xx heads than ``HeadLimits/interimCount``, or a switch of protocol that no one asked for.
    case unexpectedInterimResponse
    /// A chunk size, chunk end or trailer line is not as it must be.
    case malformedChunk
    /// The peer closed inside a head or body.
    case truncated
}

/// How much of a head is read.
public enum HeadLimits {
    /// Bytes of one head, or of the trailers of a chunked body, the empty line included.
    public static let byteCount = 32 << 10
    /// Fields of one head.
    public static let fieldCount = 100
    /// Interim (1xx) heads before the final one.
    public static let interimCount = 4
}
