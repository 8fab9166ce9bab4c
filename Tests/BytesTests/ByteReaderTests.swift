import Bytes
import Testing

@Suite("Byte reader")
struct ByteReaderTests {
    @Test func readsLittleEndian() throws {
        let bytes: [UInt8] = [1, 2, 0, 0xff, 0xff, 0xff, 0xff, 9]
        var reader = ByteReader(bytes.rawSpan)
        #expect(try reader.readInteger(UInt8.self) == 1)
        #expect(try reader.readInteger(UInt16.self) == 2)
        #expect(try reader.readInteger(Int32.self) == -1)
        #expect(reader.remaining == 1)
        #expect(throws: ByteReaderError.truncated(offset: 7, wanted: 2, available: 1)) {
            var reader = ByteReader(bytes.rawSpan)
            try reader.skip(7)
            _ = try reader.readInteger(UInt16.self)
        }
    }

    /// LEB128: 300 is 0xAC 0x02; ten bytes hold 64 bits, of the tenth only the lowest.
    @Test func readsVarints() throws {
        let bytes: [UInt8] = [0xac, 0x02, 0x00] + [UInt8](repeating: 0xff, count: 9) + [0x01]
        var reader = ByteReader(bytes.rawSpan)
        #expect(try reader.readVarint() == 300)
        #expect(try reader.readVarint() == 0)
        #expect(try reader.readVarint() == .max)
    }

    @Test func refusesMoreThan64Bits() {
        let bytes = [UInt8](repeating: 0xff, count: 9) + [0x02]
        #expect(throws: ByteReaderError.overlongInteger(offset: 0)) {
            var reader = ByteReader(bytes.rawSpan)
            _ = try reader.readVarint()
        }
    }

    @Test func negativeCountsAreRefused() {
        let bytes: [UInt8] = [1, 2]
        #expect(throws: ByteReaderError.truncated(offset: 0, wanted: -1, available: 2)) {
            var reader = ByteReader(bytes.rawSpan)
            try reader.skip(-1)
        }
    }
}
