import Bytes

/// Values of the type that has none.
final class NullValues: ValueDecoder {
    var bytesPerSlot: Double { 0 }
    func byteCounts(slotCount: Int, valueCount: Int) -> ValueByteCounts { .none }
    func begin(bytesPerValue: Double) {}
    func finish() {}
    func setDictionary(_ bytes: Slice, valueCount: Int, limits: ParquetLimits) {}

    func write(from queue: PageQueue, valueCount: Int, to target: ValueTarget) { queue.dropStagedValues(valueCount) }

    func spread(slotCount: Int, valueCount: Int, bitmap: Slice?, in target: ValueTarget) {}
}
