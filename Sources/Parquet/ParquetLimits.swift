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
    /// Nodes of the schema, leaves and groups.
    public var schemaElementCount = 128 << 10
    /// Children of the schema's root.
    public var topLevelColumnCount = 32 << 10
    /// Groups inside groups; levels are kept in bytes, so at most ``largestSchemaDepth``.
    public var schemaDepth = 64
    /// Row groups of a file.
    public var rowGroupCount = 1 << 20
    /// Column chunks over all row groups.
    public var columnChunkCount = 4 << 20

    /// The deepest schema that can be asked for.
    public static let largestSchemaDepth = 200

    /// The standard limits, to be changed.
    public init() {}

    /// What a server can stand.
    public static let standard = ParquetLimits()
}
