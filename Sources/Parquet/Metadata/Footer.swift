public import Bytes

/// The last bytes of a Parquet file: where the file metadata lies.
///
/// - Spec: parquet-format README, "File format": metadata, its length in 4 bytes, `PAR1`.
public enum Footer {
    /// Bytes after the file metadata.
    public static let tailByteCount = 8
    private static let magic: UInt32 = 0x3152_4150  // PAR1
    private static let encryptedMagic: UInt32 = 0x4552_4150  // PARE

    /// Where the file metadata lies, told from the last bytes of an object.
    ///
    /// - Parameter tail: at least the last 8 bytes of the object; more does no harm.
    /// - Throws: `.unsupported` for an encrypted footer; `.malformed` for no Parquet file or an impossible length.
    public static func metadataRange(
        tail: RawSpan, objectByteCount: UInt64, limits: ParquetLimits = .standard
    ) throws(ParquetError) -> ByteRange {
        // Magic, at least an empty structure, length, magic.
        guard objectByteCount >= 12, tail.byteCount >= tailByteCount else {
            throw .malformed("the object is too short to be a Parquet file", at: .file)
        }
        let start = tail.byteCount - tailByteCount
        let length = UInt32(littleEndian: unsafe tail.unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self))
        let magic = UInt32(littleEndian: unsafe tail.unsafeLoadUnaligned(fromByteOffset: start + 4, as: UInt32.self))
        if magic == encryptedMagic { throw .unsupported("the file has an encrypted footer", at: .file) }
        guard magic == Self.magic else { throw .malformed("the file does not end with PAR1", at: .file) }
        guard UInt64(length) <= objectByteCount - 12 else {
            throw .malformed("the file metadata would begin before the file", at: .file)
        }
        guard length > 0 else { throw .malformed("the file metadata is empty", at: .file) }
        guard Int(length) <= limits.footerByteCount else {
            throw .tooLarge("the file metadata has \(length) bytes", at: .file)
        }
        return ByteRange(offset: objectByteCount - 8 - UInt64(length), count: UInt64(length))
    }
}
