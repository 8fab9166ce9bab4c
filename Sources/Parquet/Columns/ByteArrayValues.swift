import Arrow
import Bytes
import CKernels

/// Strings and binary values, in each of the layouts that Arrow has for them.
final class ByteArrayValues: ValueDecoder {
    private let form: ByteArrayForm
    private let scan: ScanResources
    private var strings: StagedStrings
    private var dictionary: ByteArrayDictionary?
    /// Bytes of a value, from the last batch or, for the first, from the metadata.
    private var bytesPerValue = 0.0
    private var hasSeenValues = false
    /// Where offsets are collected when they are not sent.
    private var scratchOffsets: Slice

    init(_ form: ByteArrayForm, scan: ScanResources) {
        self.form = form
        self.scan = scan
        strings = StagedStrings(scan: scan)
        scratchOffsets = scan.nothing
    }

    var isVariable: Bool { true }

    var bytesPerSlot: Double { Double(form.layout.placeByteWidth) + bytesPerValue }

    func byteCounts(slotCount: Int, valueCount: Int) -> ValueByteCounts {
        form.layout.byteCounts(
            slotCount: slotCount, valueBytes: strings.byteCount(first: valueCount, dictionary: dictionary))
    }

    func begin(bytesPerValue: Double) {
        dictionary = nil
        if !hasSeenValues { self.bytesPerValue = bytesPerValue }
    }

    func finish() {
        dictionary = nil
        strings.removeAll()
    }

    func setDictionary(_ bytes: Slice, valueCount: Int, limits: ParquetLimits) throws(PageFailure) {
        do throws(Defect) {
            dictionary = try ByteArrayDictionary(bytes, count: valueCount, isUTF8: form.isUTF8, pool: scan.pool)
        } catch { throw .defect(error) }
    }

    var stagedByteCount: Int { strings.byteCount }

    func stage(_ count: Int, of page: inout DataPage) throws(Defect) {
        guard count > 0 else { return }
        switch page.values {
        case .plain(let bytes, let offset):
            let used = try strings.append(plain: bytes.extracting(offset..<bytes.count), count: count)
            page.values = .plain(bytes, offset: offset + used)
        case .dictionary(var runs):
            try strings.append(&runs, count: count, from: dictionary)
            page.values = .dictionary(runs)
        case .lengths(var lengths):
            try strings.append(&lengths, count: count)
            page.values = .lengths(lengths)
        case .prefixed(var prefixed):
            try strings.append(&prefixed, count: count)
            page.values = .prefixed(prefixed)
        case .bits, .bitRuns, .deltas, .split: preconditionFailure("numbers in a column of byte arrays")
        }
    }

    func write(from queue: PageQueue, valueCount: Int, to target: ValueTarget) throws(ParquetError) {
        var places = target.buffer(0)
        // Views have room for one offset less than there are; with no slot there is none at all.
        if form.layout == .views {
            let byteCount = places.count / 4 + 4
            if scratchOffsets.count < byteCount {
                let room = scan.pool.take(byteCount: byteCount)
                scratchOffsets = room.slice(0, count: room.capacity)
            }
            places = scratchOffsets
        }
        let byteCount = try queue.located(page: queue.pages.first?.index) { () throws(Defect) in
            try strings.move(
                first: valueCount, dictionary: dictionary, isUTF8: form.isUTF8, to: target.bufferAndRest(1),
                offsets: places)
        }
        precondition(byteCount == target.buffer(1).count)
        queue.dropStagedValues(valueCount)
        guard valueCount > 0 else { return }
        bytesPerValue = Double(byteCount) / Double(valueCount)
        hasSeenValues = true
    }

    func spread(slotCount: Int, valueCount: Int, bitmap: Slice?, in target: ValueTarget) {
        let starts = form.layout == .views ? scratchOffsets : target.buffer(0)
        if let bitmap {
            let offsets = unsafe starts.base.assumingMemoryBound(to: Int32.self)
            unsafe ck_expand_offsets(offsets, bitmap.address, slotCount, valueCount)
        }
        form.layout.finish(starts: starts, slotCount: slotCount, places: target.buffer(0), data: target.buffer(1))
    }
}

extension ByteArrayForm.Layout {
    /// Bytes of an offset or a view.
    var placeByteWidth: Int {
        switch self {
        case .offsets32: 4
        case .offsets64: 8
        case .views: 16
        }
    }

    /// Offsets or views, and the bytes of the values.
    func byteCounts(slotCount: Int, valueBytes: Int) -> ValueByteCounts {
        var byteCounts = ValueByteCounts(
            places: (self == .views ? slotCount : slotCount + 1) * placeByteWidth, values: valueBytes)
        byteCounts.hasVariadicBuffer = self == .views
        return byteCounts
    }

    /// Makes of 32-bit offsets what the layout wants in `places`, where the offsets are already, unless they are views.
    func finish(starts: Slice, slotCount: Int, places: Slice, data: Slice) {
        switch self {
        case .offsets32: break
        case .offsets64: unsafe ck_widen_offsets(places.address, slotCount + 1)
        case .views:
            let offsets = unsafe starts.base.assumingMemoryBound(to: Int32.self)
            unsafe ck_make_views(places.address, data.address, offsets, slotCount)
        }
    }
}
