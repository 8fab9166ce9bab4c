/// A run of bytes in an object.
///
/// - Units: bytes; `end` is one past the last.
public struct ByteRange: Hashable, Sendable, CustomStringConvertible {
    public let offset: UInt64
    public let count: UInt64

    /// - Precondition: `offset + count` fits in 64 bits.
    public init(offset: UInt64, count: UInt64) {
        precondition(!offset.addingReportingOverflow(count).overflow)
        self.offset = offset
        self.count = count
    }

    /// One past the last byte.
    public var end: UInt64 { offset + count }

    /// Whether every byte of `other` lies in this range.
    public func contains(_ other: ByteRange) -> Bool {
        other.offset >= offset && other.end <= end
    }

    /// The smallest range that holds both.
    public func merged(with other: ByteRange) -> ByteRange {
        let start = min(offset, other.offset)
        return ByteRange(offset: start, count: max(end, other.end) - start)
    }

    public var description: String { "\(offset)..<\(end)" }
}
