/// How a scan cuts its requests and its batches.
public struct ScanOptions: Hashable, Sendable {
    /// What the body of a batch should not exceed; a single larger row may.
    public var batchBodyByteCount = 1 << 20
    /// What the body of a batch never exceeds.
    public var messageLimitByteCount = 4 << 20 - 64 << 10
    /// Rows of a batch at most.
    public var batchRowCount = 128 << 10
    /// Of the first row group, the first part of a large column chunk is shorter, so that decoding starts early.
    public var firstPartByteCount = 256 << 10
    /// A larger column chunk is fetched in parts of this size.
    public var partByteCount = 4 << 20
    /// The same for the first row group, if it is less.
    public var openingPartByteCount = 4 << 20
    /// Small column chunks this close are fetched as one part: a request costs about as much as receiving so many bytes.
    public var mergeGapByteCount = 256 << 10
    /// Whether page checksums, where present, are compared.
    public var verifiesChecksums = true
    /// Whether a stored Arrow schema may make a column dictionary-encoded; its values are sent plain otherwise.
    public var keepsDictionaries = false
    /// What the file may claim.
    public var limits = ParquetLimits.standard

    /// What a server wants.
    public init() {}
}
