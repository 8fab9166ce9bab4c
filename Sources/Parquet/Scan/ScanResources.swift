import Bytes

/// What the columns of one scan share.
final class ScanResources {
    let options: ScanOptions
    let pool: BlockPool
    let store: PartStore
    var decompressor = Decompressor()
    /// Indices between unpacking and gathering: stays in the first-level cache.
    let indices: Slice

    /// Values that are unpacked before they are gathered.
    static let indexCount = 1024

    init(plan: ScanPlan, pool: BlockPool) {
        options = plan.options
        self.pool = pool
        store = PartStore(plan: plan)
        indices = pool.take(byteCount: Self.indexCount * 4).slice(0, count: Self.indexCount * 4)
    }
}
