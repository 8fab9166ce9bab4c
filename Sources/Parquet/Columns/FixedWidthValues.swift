import Bytes
import CKernels

/// Values that all have the same number of whole bytes when they are sent.
final class FixedWidthValues: ValueDecoder {
    private let conversion: FixedConversion
    private let byteWidth: Int
    private let scan: ScanResources
    /// Dictionary values as they are sent.
    private var dictionary: Slice
    private var dictionaryCount = 0
    /// Values of the current batch that are in place.
    private var writtenCount = 0
    private var prefixes: PrefixedFixedValues

    init(_ conversion: FixedConversion, scan: ScanResources) {
        self.conversion = conversion
        self.scan = scan
        byteWidth = conversion.targetByteWidth
        dictionary = scan.nothing
        prefixes = PrefixedFixedValues(conversion, scan: scan)
    }

    var bytesPerSlot: Double { Double(byteWidth) }

    func byteCounts(slotCount: Int, valueCount: Int) -> ValueByteCounts { ValueByteCounts(slotCount * byteWidth) }

    func begin(bytesPerValue: Double) {}

    func finish() {
        dictionary = scan.nothing
        dictionaryCount = 0
    }

    func setDictionary(_ bytes: Slice, valueCount: Int, limits: ParquetLimits) throws(PageFailure) {
        // The fewest bytes a value can have bound the number of values.
        guard valueCount <= bytes.count / (conversion.sourceByteWidth ?? 4) else {
            throw .defect(Defect("the dictionary has fewer values than its header says"))
        }
        guard valueCount <= limits.dictionaryByteCount / byteWidth else {
            throw .tooLarge("a dictionary of \(valueCount) values")
        }
        let target = scan.pool.take(byteCount: valueCount * byteWidth).slice(0, count: valueCount * byteWidth)
        do throws(Defect) {
            _ = try conversion.convert(bytes, count: valueCount, into: target)
        } catch { throw .defect(error) }
        dictionary = target
        dictionaryCount = valueCount
    }

    func write(from queue: PageQueue, valueCount: Int, to target: ValueTarget) throws(ParquetError) {
        let data = target.buffer(0)
        try queue.consume(valueCount - writtenCount) { values, count throws(Defect) in
            let place = data.extracting(writtenCount * byteWidth..<(writtenCount + count) * byteWidth)
            try decode(&values, count, into: place)
            writtenCount += count
        }
    }

    func spread(slotCount: Int, valueCount: Int, bitmap: Slice?, in target: ValueTarget) {
        precondition(writtenCount == valueCount)
        writtenCount = 0
        guard let bitmap else { return }
        unsafe ck_expand(target.buffer(0).address, byteWidth, bitmap.address, slotCount, valueCount)
    }

    /// Writes the next `count` values of a page.
    private func decode(_ values: inout EncodedValues, _ count: Int, into target: Slice) throws(Defect) {
        switch values {
        case .plain(let bytes, let offset):
            let used = try conversion.convert(bytes.extracting(offset..<bytes.count), count: count, into: target)
            values = .plain(bytes, offset: offset + used)
        case .dictionary(var runs):
            try gather(&runs, count, into: target)
            values = .dictionary(runs)
        case .deltas(var deltas):
            try convert(count, into: target) { part, count throws(Defect) in try deltas.decode(count, into: part) }
            values = .deltas(deltas)
        case .split(var split):
            try convert(count, into: target) { part, count throws(Defect) in try split.decode(count, into: part) }
            values = .split(split)
        case .lengths(var lengths):
            try prefixes.decode(&lengths, count, into: target)
            values = .lengths(lengths)
        case .prefixed(var prefixed):
            try prefixes.decode(&prefixed, count, into: target)
            values = .prefixed(prefixed)
        case .bits, .bitRuns: preconditionFailure("bits in a column of bytes")
        }
    }

    /// Decodes where the values are sent from or, when they change their form, a scratch full at a time.
    private func convert(
        _ count: Int, into target: Slice, _ decode: (Slice, Int) throws(Defect) -> Void
    ) throws(Defect) {
        guard !conversion.isCopy else { return try decode(target, count) }
        guard let sourceByteWidth = conversion.sourceByteWidth else { preconditionFailure("values of any length") }
        let most = max(1, min(ScanResources.indexCount, scan.scratch.count / sourceByteWidth))
        let room = most * sourceByteWidth
        let scratch = room <= scan.scratch.count ? scan.scratch : scan.pool.take(byteCount: room).slice(0, count: room)
        var done = 0
        while done < count {
            let part = min(count - done, most)
            let plain = scratch.extracting(0..<part * sourceByteWidth)
            try decode(plain, part)
            _ = try conversion.convert(
                plain, count: part, into: target.extracting(done * byteWidth..<(done + part) * byteWidth))
            done += part
        }
    }

    /// Replaces indices by dictionary values, a run or a scratch full of indices at a time.
    private func gather(_ runs: inout HybridRuns, _ count: Int, into target: Slice) throws(Defect) {
        // References are counted once, not for every run.
        let output = unsafe target.address(0, wanted: count * byteWidth)
        let entries = unsafe dictionary.address
        let indices = unsafe scan.scratch.words(0, count: ScanResources.indexCount)
        let (entryCount, byteWidth) = (dictionaryCount, byteWidth)
        var done = 0
        while done < count {
            let place = unsafe output + done * byteWidth
            let part = try unsafe runs.decode(min(count - done, ScanResources.indexCount), into: indices)
            if part.count > 0 {
                guard Int(part.largest) < entryCount else { throw Defect.indexOutsideDictionary }
                unsafe ck_gather(place, entries, byteWidth, indices, part.count)
                done += part.count
            } else if let run = try runs.takeRepeated(limit: count - done) {
                guard Int(run.value) < entryCount else { throw Defect.indexOutsideDictionary }
                unsafe ck_fill(place, entries + Int(run.value) * byteWidth, byteWidth, run.count)
                done += run.count
            }
        }
    }
}
