import Bytes
import Testing

@testable import Parquet

@Suite("Footer")
struct FooterTests {
    @Test func findsTheMetadata() throws {
        // 20-byte object: 8 bytes of metadata before the tail.
        let tail: [UInt8] = [8, 0, 0, 0, 0x50, 0x41, 0x52, 0x31]
        #expect(
            try Footer.metadataRange(tail: tail.rawSpan, objectByteCount: 20) == ByteRange(offset: 4, count: 8))
    }

    @Test func refusesWhatIsNoParquetFile() {
        func failure(_ tail: [UInt8], _ byteCount: UInt64) -> ParquetError? {
            do throws(ParquetError) {
                _ = try Footer.metadataRange(tail: tail.rawSpan, objectByteCount: byteCount)
                return nil
            } catch { return error }
        }
        let magic: [UInt8] = [0x50, 0x41, 0x52, 0x31]
        #expect(failure([], 0) == .malformed("the object is too short to be a Parquet file", at: .file))
        #expect(
            failure([8, 0, 0, 0] + magic, 11) == .malformed("the object is too short to be a Parquet file", at: .file))
        #expect(
            failure([9, 0, 0, 0] + magic, 20) == .malformed("the file metadata would begin before the file", at: .file))
        #expect(failure([0, 0, 0, 0] + magic, 20) == .malformed("the file metadata is empty", at: .file))
        #expect(failure([8, 0, 0, 0, 1, 2, 3, 4], 20) == .malformed("the file does not end with PAR1", at: .file))
        #expect(
            failure([8, 0, 0, 0, 0x50, 0x41, 0x52, 0x45], 20)
                == .unsupported("the file has an encrypted footer", at: .file))
        #expect(
            failure([0, 0, 0, 0x7f] + magic, 1 << 40) == .tooLarge("the file metadata has 2130706432 bytes", at: .file))
    }
}
