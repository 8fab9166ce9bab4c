import Bytes

/// What can be wrong with a message of the peer.
public enum FlightError: Error, Hashable, Sendable {
    /// The message ends inside the field that starts at `offset`.
    case truncated(offset: Int)
    /// A number at `offset` has too many bits.
    case overlongInteger(offset: Int)
    /// A field number of 0, or a wire type that Protocol Buffers do not have or no longer use.
    case malformedTag(offset: Int)
    /// Field `field` has a wire type its message does not give it.
    case wrongWireType(field: Int)
    /// Field `field` is text but not UTF-8.
    case notText(field: Int)

    init(_ error: ByteReaderError) {
        switch error {
        case .truncated(let offset, _, _): self = .truncated(offset: offset)
        case .overlongInteger(let offset): self = .overlongInteger(offset: offset)
        }
    }
}
