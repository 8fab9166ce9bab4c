import Bytes
import CKernels

/// Values of one bit.
final class BooleanValues: ValueDecoder {
    private let scan: ScanResources
    /// Values of the current batch that are in place.
    private var writtenCount = 0

    init(scan: ScanResources) {
        self.scan = scan
    }

    var bytesPerSlot: Double { 0.125 }

    func byteCounts(slotCount: Int, valueCount: Int) -> ValueByteCounts { ValueByteCounts((slotCount + 7) / 8) }

    func begin(bytesPerValue: Double) {}

    func finish() {}

    func setDictionary(_ bytes: Slice, valueCount: Int, limits: ParquetLimits) throws(PageFailure) {
        throw .defect(Defect("a dictionary of BOOLEAN"))
    }

    func write(from queue: PageQueue, valueCount: Int, to target: ValueTarget) throws(ParquetError) {
        let output = target.buffer(0)
        try queue.consume(valueCount - writtenCount) { values, count throws(Defect) in
            try decode(&values, count, into: output)
            writtenCount += count
        }
    }

    func spread(slotCount: Int, valueCount: Int, bitmap: Slice?, in target: ValueTarget) {
        precondition(writtenCount == valueCount)
        writtenCount = 0
        guard let bitmap else { return }
        let output = target.buffer(0)
        let byteCount = (valueCount + 7) / 8
        let packed = scan.pool.take(byteCount: byteCount).slice(0, count: byteCount)
        Kernels.copy(output.extracting(0..<byteCount), to: packed)
        unsafe ck_expand_bits(output.address, packed.address, bitmap.address, slotCount)
    }

    /// Appends the next `count` bits after those written.
    private func decode(_ values: inout EncodedValues, _ count: Int, into target: Slice) throws(Defect) {
        precondition(writtenCount + count <= target.count * 8)
        switch values {
        case .bits(let bytes, let next):
            guard count <= bytes.count * 8 - next else { throw Defect.fewerValues }
            unsafe ck_copy_bits(target.address, writtenCount, bytes.address, bytes.count, next, count)
            values = .bits(bytes, next: next + count)
        case .bitRuns(var runs):
            _ = try unsafe runs.decodeBits(count, into: target.address, after: writtenCount, end: .fewerValues)
            values = .bitRuns(runs)
        default: preconditionFailure("bytes in a column of bits")
        }
    }
}
