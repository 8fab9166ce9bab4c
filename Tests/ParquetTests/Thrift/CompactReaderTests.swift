import Bytes
import Testing

@testable import Parquet

@Suite("Thrift compact reader")
struct CompactReaderTests {
    @Test func readsFields() throws {
        // Field 1 int32 -3 (zigzag 5), field 2 binary "ab", field 20 (long form) int64 300, stop.
        let bytes: [UInt8] = [0x15, 0x05, 0x18, 2, 0x61, 0x62, 0x06, 40, 0xd8, 0x04, 0x00]
        var reader = CompactReader(bytes.rawSpan)
        var previous: Int16 = 0
        let first = try #require(try reader.readField(after: &previous))
        #expect(first.id == 1)
        #expect(try reader.readInt32(first) == -3)
        let second = try #require(try reader.readField(after: &previous))
        #expect(try reader.readString(second) == "ab")
        let third = try #require(try reader.readField(after: &previous))
        #expect(third.id == 20)
        #expect(try reader.readInt64(third) == 300)
        #expect(try reader.readField(after: &previous) == nil)
        #expect(reader.remaining == 0)
    }

    /// One field of every type; skipping must end exactly at the stop byte.
    @Test func skipsEveryTypeAndNoticesEveryCut() throws {
        let bytes: [UInt8] = [
            0x11, 0x12,  // true, false
            0x13, 0xff,  // byte
            0x14, 0x80, 0x01, 0x15, 0x02, 0x16, 0x04,  // integers
            0x17, 1, 2, 3, 4, 5, 6, 7, 8,  // double
            0x18, 3, 1, 2, 3,  // binary
            0x19, 0x21, 1, 2,  // list of two booleans
            0x1a, 0x15, 0x02,  // set of one int32
            0x1b, 1, 0x58, 0x02, 1, 0x41,  // map int32 -> binary
            0x1c, 0x15, 0x02, 0x00,  // structure
            0x00,
        ]
        func skipAll(_ part: ArraySlice<UInt8>) throws(ThriftError) -> Int {
            let copy = Array(part)
            var reader = CompactReader(copy.rawSpan)
            var previous: Int16 = 0
            while let field = try reader.readField(after: &previous) { try reader.skip(field) }
            return reader.offset
        }
        #expect(try skipAll(bytes[...]) == bytes.count)
        for count in 0..<bytes.count { #expect(throws: ThriftError.truncated) { try skipAll(bytes[..<count]) } }
    }

    @Test func stopsAtDeepNesting() {
        let bytes = [UInt8](repeating: 0x1c, count: 100_000)
        #expect(throws: ThriftError.malformed("Thrift structures are nested too deeply")) {
            var reader = CompactReader(bytes.rawSpan)
            var previous: Int16 = 0
            while let field = try reader.readField(after: &previous) { try reader.skip(field) }
        }
    }

    @Test func boundsCountsByWhatIsLeft() {
        // A list of 2^31 - 1 structures in six bytes.
        let bytes: [UInt8] = [0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07]
        #expect(throws: ThriftError.truncated) {
            var reader = CompactReader(bytes.rawSpan)
            var previous: Int16 = 0
            let field = try #require(try reader.readField(after: &previous))
            _ = try reader.readStructureListCount(field)
        }
    }

    @Test(arguments: [[UInt8](repeating: 0xff, count: 10) + [0x01], [0x1f, 0], [0x0d]])
    func refusesWhatIsNoThrift(_ tail: [UInt8]) {
        let bytes: [UInt8] = (tail.count > 5 ? [0x16] : []) + tail
        #expect(throws: ThriftError.self) {
            var reader = CompactReader(bytes.rawSpan)
            var previous: Int16 = 0
            while let field = try reader.readField(after: &previous) { _ = try reader.readInt64(field) }
        }
    }
}
