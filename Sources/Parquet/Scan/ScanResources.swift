import Bytes

/// What the columns of one band share.
final class ScanResources {
    let options: ScanOptions
    let pool: BlockPool
    let store: PartStore
    var decompressor = Decompressor()
    /// Entries that the first row of the batch in the making has in the leaves of nested columns that were staged for it:
    /// each of many leaves may be small enough, and all of them together not.
    var firstRowEntryCount = 0
    var pageMemory: PageMemory
    /// Indices between unpacking and gathering, values between decoding and conversion: stays in the first-level cache.
    let scratch: Slice

    /// No bytes.
    var nothing: Slice { scratch.extracting(0..<0) }

    /// Values that are unpacked before they are gathered.
    static let indexCount = 1024
    /// Room for as many values of 16 bytes.
    private static let scratchByteCount = indexCount * 16

    init(options: ScanOptions, store: PartStore, pool: BlockPool, spareBlockCount: Int) {
        self.options = options
        self.pool = pool
        self.store = store
        pageMemory = PageMemory(pool: pool, blockLimit: spareBlockCount)
        scratch = pool.take(byteCount: Self.scratchByteCount).slice(0, count: Self.scratchByteCount)
    }
}
