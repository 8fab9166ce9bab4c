public import Arrow

/// A check value over bytes: every whole word of 8 counts, in order (FNV-1a, a word at a time).
public struct Fold {
    public private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    public init() {}

    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        for offset in stride(from: 0, to: bytes.count & -8, by: 8) {
            value = (value ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x100_0000_01b3
        }
    }

    public mutating func add(_ batch: RecordBatch) {
        for slice in batch.body { add(UnsafeRawBufferPointer(start: slice.base, count: slice.count)) }
    }
}
