/// What a file may claim before memory is spent on it.
public struct ParquetLimits: Hashable, Sendable {
    /// Bytes of the file metadata.
    public var footerByteCount = 64 << 20
    /// Bytes of one page, compressed or not.
    public var pageByteCount = 256 << 20
    /// Bytes of one dictionary page, as stored and as decoded.
    public var dictionaryByteCount = 128 << 20
    /// Bytes of one page header; statistics make them long.
    public var pageHeaderByteCount = 64 << 10
    public var schemaElementCount = 128 << 10
    public var topLevelColumnCount = 32 << 10
    public var schemaDepth = 64
    public var rowGroupCount = 1 << 20
    /// Over all row groups.
    public var columnChunkCount = 4 << 20

    public init() {}

    /// What a server can stand.
    public static let standard = ParquetLimits()
}
