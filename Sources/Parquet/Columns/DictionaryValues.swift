import Arrow
import Bytes

/// Values that are sent as indices into a dictionary of their own.
///
/// Pages may have dictionaries of their own, fall back to plain values and start anew with each row group, so values are
/// decoded as they would be sent plain and then looked up. The dictionary grows with the batches; it starts anew when it
/// would become large.
final class DictionaryValues: ValueDecoder {
    /// Bytes of values that a dictionary may hold when another batch's worth is added.
    private static let byteLimit = 1 << 20

    private let indexByteWidth: Int
    private let largestIndex: Int
    private let inner: any ValueDecoder
    private let scan: ScanResources
    private var entries: DictionaryEntries
    /// The values of the current batch in their plain form.
    private var plain: ValueTarget?
    private var sentCount = -1

    init(indexByteWidth: Int, isSigned: Bool, values: LeafValues, inner: any ValueDecoder, scan: ScanResources) {
        self.indexByteWidth = indexByteWidth
        let bits = indexByteWidth * 8 - (isSigned ? 1 : 0)
        largestIndex = bits < 32 ? 1 << bits - 1 : Int(Int32.max)
        self.inner = inner
        self.scan = scan
        entries = DictionaryEntries(values)
    }

    var isVariable: Bool { inner.isVariable }
    var bytesPerSlot: Double { Double(indexByteWidth) }
    var stagedByteCount: Int { inner.stagedByteCount }

    func byteCounts(slotCount: Int, valueCount: Int) -> ValueByteCounts { ValueByteCounts(slotCount * indexByteWidth) }

    func attachedByteCount(valueCount: Int) -> Int {
        inner.byteCounts(slotCount: valueCount, valueCount: valueCount).sum
    }

    func begin(bytesPerValue: Double) { inner.begin(bytesPerValue: bytesPerValue) }
    func finish() { inner.finish() }

    func setDictionary(_ bytes: Slice, valueCount: Int, limits: ParquetLimits) throws(PageFailure) {
        try inner.setDictionary(bytes, valueCount: valueCount, limits: limits)
    }

    func stage(_ count: Int, of page: inout DataPage) throws(Defect) { try inner.stage(count, of: &page) }

    func write(from queue: PageQueue, valueCount: Int, to target: ValueTarget) throws(ParquetError) {
        if plain == nil { plain = makePlain(valueCount) }
        try inner.write(from: queue, valueCount: valueCount, to: plain!)
    }

    func spread(slotCount: Int, valueCount: Int, bitmap: Slice?, in target: ValueTarget) throws(Defect) {
        guard let plain else { preconditionFailure("nothing was written") }
        self.plain = nil
        try inner.spread(slotCount: valueCount, valueCount: valueCount, bitmap: nil, in: plain)
        if entries.count > 0,
            entries.byteCount + plain.byteCounts.sum > Self.byteLimit || entries.count > largestIndex / 2
        {
            entries.removeAll()
            sentCount = -1
        }
        // Slots without a value point to entry 0, so there has to be one.
        if valueCount == 0, slotCount > 0, entries.count == 0 { entries.addPlaceholder() }
        var output = target.buffer(0).mutableBytes
        var value = 0
        for slot in 0..<slotCount {
            var index = 0
            if bitmap?.bit(slot) ?? true {
                index = entries.index(of: value, in: plain)
                guard index <= largestIndex else {
                    throw Defect("more distinct values in a batch than the keys of the stored Arrow schema can count")
                }
                value += 1
            }
            for byte in 0..<indexByteWidth {
                output.storeBytes(
                    of: UInt8(truncatingIfNeeded: index >> (8 * byte)), toByteOffset: slot * indexByteWidth + byte,
                    as: UInt8.self)
            }
        }
    }

    func takeDictionary() -> RecordBatch? {
        guard entries.count != sentCount else { return nil }
        sentCount = entries.count
        return entries.batch(pool: scan.pool)
    }

    private func makePlain(_ valueCount: Int) -> ValueTarget {
        let byteCounts = inner.byteCounts(slotCount: valueCount, valueCount: valueCount)
        var layout = BatchLayout()
        layout.add(byteCounts)
        let room = layout.bodyByteCount + Kernels.copySlack
        return ValueTarget(
            body: scan.pool.take(byteCount: room).slice(0, count: room), buffers: layout.buffers, from: 0,
            byteCounts: byteCounts)
    }
}

extension Slice {
    fileprivate func bit(_ index: Int) -> Bool {
        unsafe address(index / 8, wanted: 1).pointee >> UInt8(index % 8) & 1 == 1
    }
}
