import Bytes
import Parquet
import ParquetFixtures

/// Parquet files that exist only in memory.
enum FileFixture {
    static func metadata(of file: FileBuilder) throws(ParquetError) -> FileMetadata {
        try metadata(of: file.bytes())
    }

    static func metadata(of bytes: [UInt8]) throws(ParquetError) -> FileMetadata {
        let limits = ScanOptions().limits
        let range = try Footer.metadataRange(
            tail: bytes.rawSpan.extracting(last: 8), objectByteCount: UInt64(bytes.count), limits: limits)
        return try FileMetadata(
            parsing: bytes.rawSpan.extracting(Int(range.offset)..<Int(range.end)), objectByteCount: UInt64(bytes.count),
            limits: limits)
    }
}
