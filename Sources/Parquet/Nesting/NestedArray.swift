import Arrow
import Bytes
import CKernels

/// One array of a nested column: finds its slots among the entries of its first leaf, and writes validity and offsets.
///
/// - Cost: a few bit operations for 64 entries, and one step for each list.
final class NestedArray {
    let shape: ArrayShape
    private let children: [NestedArray]
    /// The first leaf below: its levels tell about this array, too.
    private let leaf: NestedLeaf
    /// Which holes are slots of this array.
    private let holes: ClosedRange<UInt8>?
    private var slots: Slice
    private var valid: Slice
    private(set) var slotCount = 0
    /// Slots that are not null.
    private var valueCount = 0
    private var valueByteCounts = ValueByteCounts.none
    private let scan: ScanResources

    /// - Parameters:
    ///   - fixedSizes: the fixed-size lists above, outermost first.
    ///   - firstHole: the first of them that no list of variable size lies below.
    ///   - leaves: gets the leaves below, in order.
    init(
        _ shape: ArrayShape, fixedSizes: [FixedSizePadding.List] = [], firstHole: Int = 1, scan: ScanResources,
        leaves: inout [NestedLeaf]
    ) {
        self.shape = shape
        self.scan = scan
        holes = firstHole <= fixedSizes.count ? UInt8(firstHole)...UInt8(fixedSizes.count) : nil
        slots = scan.nothing
        valid = slots
        let next = leaves.count
        switch shape.kind {
        case .leaf(let leaf):
            leaves.append(NestedLeaf(leaf, fixedSizes: fixedSizes, scan: scan))
            children = []
        case .structure(let shapes):
            var arrays: [NestedArray] = []
            for child in shapes {
                arrays.append(
                    NestedArray(child, fixedSizes: fixedSizes, firstHole: firstHole, scan: scan, leaves: &leaves))
            }
            children = arrays
        case .list(.fixedSize(let size), let element):
            let list = FixedSizePadding.List(
                size: size, slotRepetition: shape.slotRepetition, slotDefinition: shape.slotDefinition,
                validDefinition: shape.validDefinition, firstHole: firstHole)
            children = [
                NestedArray(
                    element, fixedSizes: fixedSizes + [list], firstHole: firstHole, scan: scan, leaves: &leaves)
            ]
        case .list(_, let element):
            children = [
                NestedArray(
                    element, fixedSizes: fixedSizes, firstHole: fixedSizes.count + 1, scan: scan, leaves: &leaves)
            ]
        }
        leaf = leaves[next]
    }

    // MARK: Measuring

    /// Counts slots, nulls and values of the selected entries, here and below.
    ///
    /// - Throws: when the leaves do not agree on how many slots there are.
    func measure() throws(Defect) {
        let entries = leaf.entries
        findSlots(entries)
        let wordCount = entries.wordCount
        slotCount = unsafe ck_count_words(slots.bitmap, wordCount)
        mark(&valid, entries.definition, UInt8(shape.validDefinition)...UInt8.max)
        intersect(valid, slots, wordCount)
        valueCount = unsafe ck_count_words(valid.bitmap, wordCount)
        switch shape.kind {
        case .leaf: break
        case .structure:
            for child in children {
                try child.measure()
                guard child.slotCount == slotCount else { throw Defect("the columns of a group differ in length") }
            }
        case .list(let form, _):
            try children[0].measure()
            if case .fixedSize(let size) = form { try checkSizes(size) }
        }
    }

    private var nullCount: Int {
        if isNull { return slotCount }
        return shape.field.isNullable ? slotCount - valueCount : 0
    }

    /// Whether the array is of the type that has neither values nor buffers.
    private var isNull: Bool { if case .leaf(let leaf) = shape.kind { leaf.values == .null } else { false } }

    /// Adds the arrays that were measured, this one first.
    func lay(into layout: inout BatchLayout) {
        layout.addNode(length: slotCount, nullCount: nullCount)
        if isNull { return }
        layout.addBuffer(byteCount: nullCount > 0 ? (slotCount + 7) / 8 : 0)
        switch shape.kind {
        case .leaf:
            valueByteCounts = leaf.values.byteCounts(slotCount: slotCount, valueCount: valueCount)
            layout.add(valueByteCounts)
        case .structure, .list(.fixedSize, _): break
        case .list(.offsets(let byteWidth), _): layout.addBuffer(byteCount: (slotCount + 1) * byteWidth)
        case .list(.views(let byteWidth), _):
            layout.addBuffer(byteCount: slotCount * byteWidth)
            layout.addBuffer(byteCount: slotCount * byteWidth)
        }
        for child in children { child.lay(into: &layout) }
    }

    /// Checks that every list has `size` elements; null ones got theirs before.
    private func checkSizes(_ size: Int) throws(Defect) {
        let byteCount = (slotCount + 1) * 4
        let room = scan.pool.take(byteCount: byteCount).slice(0, count: byteCount)
        writeOffsets(to: room)
        let offsets = unsafe room.base.assumingMemoryBound(to: Int32.self)
        guard let step = Int32(exactly: size), unsafe ck_offsets_step_by(offsets, slotCount, step) else {
            throw Defect("a list has another size than the \(size) of the stored Arrow schema")
        }
    }

    /// Bytes that dictionaries take besides.
    var attachedByteCount: Int {
        if case .leaf = shape.kind { return leaf.values.attachedByteCount(valueCount: valueCount) }
        return children.reduce(0) { $0 + $1.attachedByteCount }
    }

    private func findSlots(_ entries: Entries) {
        mark(&slots, entries.definition, UInt8(shape.slotDefinition)...UInt8.max)
        if let holes, let marks = entries.holes {
            mark(&valid, marks, holes)
            unite(slots, valid, entries.wordCount)
        }
        guard entries.repetition.count > 0 else { return }
        mark(&valid, entries.repetition, 0...UInt8(shape.slotRepetition))
        intersect(slots, valid, entries.wordCount)
    }

    private func mark(_ bitmap: inout Slice, _ levels: Slice, _ range: ClosedRange<UInt8>) {
        let byteCount = (levels.count + 63) / 64 * 8
        if bitmap.count < byteCount {
            let room = scan.pool.take(byteCount: byteCount)
            bitmap = room.slice(0, count: room.capacity)
        }
        unsafe ck_in_range(levels.address, levels.count, range.lowerBound, range.upperBound, bitmap.bitmap)
    }

    private func intersect(_ target: Slice, _ other: Slice, _ wordCount: Int) {
        let (words, others) = unsafe (target.bitmap, other.bitmap)
        for index in 0..<wordCount { unsafe words[index] &= others[index] }
    }

    private func unite(_ target: Slice, _ other: Slice, _ wordCount: Int) {
        let (words, others) = unsafe (target.bitmap, other.bitmap)
        for index in 0..<wordCount { unsafe words[index] |= others[index] }
    }

    // MARK: Writing

    /// Writes this array and those below; `buffer` is the number of the next buffer of the column.
    func write(to target: ColumnTarget, buffer: inout Int) throws(ParquetError) {
        let wordCount = leaf.entries.wordCount
        if isNull { return leaf.queue.dropStagedValues(valueCount) }
        let validity = target.buffer(buffer)
        buffer += 1
        if nullCount > 0 {
            _ = unsafe ck_compress_bits(validity.address, valid.bitmap, slots.bitmap, wordCount)
        }
        switch shape.kind {
        case .leaf: try writeValues(validity, target, &buffer)
        case .structure: for child in children { try child.write(to: target, buffer: &buffer) }
        case .list(let form, _):
            switch form {
            case .offsets(let byteWidth):
                let offsets = target.buffer(buffer)
                buffer += 1
                writeOffsets(to: offsets)
                if byteWidth == 8 { unsafe ck_widen_offsets(offsets.address, slotCount + 1) }
            case .views(let byteWidth):
                writeListViews(target.buffer(buffer), target.buffer(buffer + 1), byteWidth: byteWidth)
                buffer += 2
            case .fixedSize: break
            }
            try children[0].write(to: target, buffer: &buffer)
        }
    }

    private func writeOffsets(to target: Slice) {
        let offsets = unsafe UnsafeMutableRawPointer(target.words(0, count: slotCount + 1))
            .assumingMemoryBound(to: Int32.self)
        unsafe ck_list_offsets(slots.bitmap, children[0].slots.bitmap, leaf.entries.wordCount, offsets)
    }

    private func writeListViews(_ starts: Slice, _ sizes: Slice, byteWidth: Int) {
        let byteCount = (slotCount + 1) * 4
        let room = scan.pool.take(byteCount: byteCount).slice(0, count: byteCount)
        writeOffsets(to: room)
        let offsets = unsafe room.words(0, count: slotCount + 1)
        var startBytes = starts.mutableBytes
        var sizeBytes = sizes.mutableBytes
        for slot in 0..<slotCount {
            let (start, size) = unsafe (offsets[slot], offsets[slot + 1] - offsets[slot])
            if byteWidth == 4 {
                startBytes.storeBytes(of: start, toByteOffset: slot * 4, as: UInt32.self)
                sizeBytes.storeBytes(of: size, toByteOffset: slot * 4, as: UInt32.self)
            } else {
                startBytes.storeBytes(of: UInt64(start), toByteOffset: slot * 8, as: UInt64.self)
                sizeBytes.storeBytes(of: UInt64(size), toByteOffset: slot * 8, as: UInt64.self)
            }
        }
    }

    private func writeValues(_ validity: Slice, _ target: ColumnTarget, _ buffer: inout Int) throws(ParquetError) {
        let data = target.values(from: buffer, valueByteCounts)
        buffer += valueByteCounts.count
        try leaf.values.write(from: leaf.queue, valueCount: valueCount, to: data)
        var bitmap: Slice?
        if valueCount < slotCount {
            if nullCount > 0 {
                bitmap = validity
            } else {
                // Not nullable itself, but something above it is null.
                let byteCount = (slotCount + 7) / 8
                let room = scan.pool.take(byteCount: byteCount).slice(0, count: byteCount)
                _ = unsafe ck_compress_bits(room.address, valid.bitmap, slots.bitmap, leaf.entries.wordCount)
                bitmap = room
            }
        }
        try leaf.queue.located(page: nil) { () throws(Defect) in
            try leaf.values.spread(slotCount: slotCount, valueCount: valueCount, bitmap: bitmap, in: data)
        }
    }

    /// For each dictionary-typed array from here down, the dictionary to be sent.
    func takeDictionaries() -> [RecordBatch?] {
        if case .leaf(let leaf) = shape.kind {
            if case .dictionary = leaf.values { return [self.leaf.values.takeDictionary()] }
            return []
        }
        return children.flatMap { $0.takeDictionaries() }
    }
}

extension Slice {
    /// The bytes as words of a bitmap; blocks are aligned and so are whole slices of them.
    @unsafe fileprivate var bitmap: UnsafeMutablePointer<UInt64> {
        unsafe base.assumingMemoryBound(to: UInt64.self)
    }
}
