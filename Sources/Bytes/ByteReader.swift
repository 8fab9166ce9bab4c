/// The bytes ran out, or a number did not fit its type.
public enum ByteReaderError: Error, Equatable {
    /// `wanted` more bytes were needed at `offset`, `available` were left.
    case truncated(offset: Int, wanted: Int, available: Int)
    /// A variable-length integer at `offset` has more bits than its type.
    case overlongInteger(offset: Int)
}

/// Bounds-checked reads from the front of some bytes.
///
/// - Shape: little-endian integers, and unsigned LEB128 varints as in Thrift and Protocol Buffers.
/// - Cost: no allocation.
public struct ByteReader: ~Escapable {
    private let bytes: RawSpan
    /// Bytes read so far.
    public private(set) var offset: Int

    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) {
        self.bytes = bytes
        self.offset = 0
    }

    /// Bytes that are left.
    public var remaining: Int { bytes.byteCount - offset }

    /// Reads one little-endian integer.
    public mutating func readInteger<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self
    ) throws(ByteReaderError) -> Value {
        let width = MemoryLayout<Value>.size
        try require(width)
        let value = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Value.self)
        offset += width
        return Value(littleEndian: value)
    }

    /// Reads an unsigned LEB128 integer of at most 64 bits.
    public mutating func readVarint() throws(ByteReaderError) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try readInteger(UInt8.self)
            let part = UInt64(byte & 0x7f)
            guard shift < 63 || (shift == 63 && part <= 1) else { throw .overlongInteger(offset: start) }
            value |= part << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
    }

    /// Takes the next `count` bytes.
    @_lifetime(copy self)
    public mutating func readBytes(_ count: Int) throws(ByteReaderError) -> RawSpan {
        try require(count)
        let part = bytes.extracting(offset..<offset + count)
        offset += count
        return part
    }

    /// Passes over the next `count` bytes.
    public mutating func skip(_ count: Int) throws(ByteReaderError) {
        try require(count)
        offset += count
    }

    private func require(_ count: Int) throws(ByteReaderError) {
        guard count >= 0, count <= remaining else {
            throw .truncated(offset: offset, wanted: count, available: remaining)
        }
    }
}
