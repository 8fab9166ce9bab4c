import Bytes

/// Walks the top-level fields of one encoded message.
///
/// - Spec: Protocol Buffers "Encoding". Groups, long out of use, are refused; so nothing nests and nothing recurses.
/// - Cost: no allocation; a length is checked against the bytes left before it is believed.
public struct ProtobufFields: ~Escapable {
    /// One field as it lies in the message.
    public struct Field: Hashable, Sendable {
        /// The number in the message's definition.
        public let number: Int
        /// What came with it.
        public let value: Value
    }

    /// A value by its wire type.
    public enum Value: Hashable, Sendable {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// Where the bytes lie in the message.
        case bytes(Range<Int>)
    }

    private var reader: ByteReader

    /// The fields of `message`.
    @_lifetime(copy message)
    public init(_ message: RawSpan) {
        reader = ByteReader(message)
    }

    /// The next field; nil at the end of the message.
    public mutating func next() throws(FlightError) -> Field? {
        guard reader.remaining > 0 else { return nil }
        let start = reader.offset
        let tag = try readVarint()
        let number = tag >> 3
        guard number > 0, number < 1 << 29 else { throw .malformedTag(offset: start) }
        return Field(number: Int(number), value: try readValue(wireType: tag & 7, tagOffset: start))
    }

    private mutating func readValue(wireType: UInt64, tagOffset: Int) throws(FlightError) -> Value {
        switch wireType {
        case 0: return .varint(try readVarint())
        case 1: return .fixed64(try readInteger())
        case 2:
            let length = try readVarint()
            let start = reader.offset
            do throws(ByteReaderError) { try reader.skip(Int(clamping: length)) } catch { throw FlightError(error) }
            return .bytes(start..<reader.offset)
        case 5: return .fixed32(try readInteger())
        default: throw .malformedTag(offset: tagOffset)
        }
    }

    private mutating func readVarint() throws(FlightError) -> UInt64 {
        do throws(ByteReaderError) { return try reader.readVarint() } catch { throw FlightError(error) }
    }

    private mutating func readInteger<Value: FixedWidthInteger & BitwiseCopyable>() throws(FlightError) -> Value {
        do throws(ByteReaderError) { return try reader.readInteger() } catch { throw FlightError(error) }
    }
}
