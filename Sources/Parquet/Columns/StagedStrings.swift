import Bytes
import CKernels

/// Byte arrays that were found in pages but not copied yet.
///
/// Why it exists: a batch is laid out in one piece of memory, so the sum of the lengths must be known, and bounded,
/// before the first byte is copied; a dictionary entry may be named any number of times.
///
/// - Shape: segments in row order; each value takes one slot of 8 bytes, a view or an index.
@safe struct StagedStrings {
    /// Where the bytes of a segment are.
    private enum Source {
        /// Slots are views into a page.
        case page(Slice)
        /// Slots are indices, in the front half of the segment's room.
        case dictionary
        /// Slots are prefix and suffix lengths; the suffixes from `offset` on lie in a page.
        case suffixes(Slice, offset: Int)
    }

    private struct Segment {
        var source: Source
        var firstSlot: Int
        var count: Int
        var byteCount: Int
    }

    private static let slotByteCount = 8
    private let scan: ScanResources
    private var slots: Slice
    private var usedSlotCount = 0
    private var segments: [Segment] = []
    /// The last value moved that others may share a prefix with.
    private var previous: Slice
    private(set) var byteCount = 0

    init(scan: ScanResources) {
        self.scan = scan
        let block = scan.pool.take(byteCount: BlockPool.smallestByteCount)
        slots = block.slice(0, count: block.capacity)
        previous = scan.nothing
    }

    /// Stages `count` PLAIN values at the front of `source`; returns the bytes they take there.
    mutating func append(plain source: Slice, count: Int) throws(Defect) -> Int {
        // The fewest bytes a value can have bound the number of slots.
        guard count <= source.count / 4 else { throw Defect.fewerValues }
        makeRoom(for: count)
        var total: UInt64 = 0
        let used = unsafe ck_plain_views(source.address, source.count, count, views(usedSlotCount), &total)
        guard used >= 0 else { throw Defect("a byte array goes past the end of the page") }
        add(Segment(source: .page(source), firstSlot: usedSlotCount, count: count, byteCount: Int(total)))
        return used
    }

    /// Stages the next `count` values of a page whose lengths come first.
    mutating func append(_ lengths: inout DeltaLengthByteArray, count: Int) throws(Defect) {
        guard count <= lengths.remaining else { throw Defect.fewerValues }
        makeRoom(for: count)
        let total = try unsafe lengths.find(count, views: views(usedSlotCount), scratch: scan.scratch)
        add(Segment(source: .page(lengths.data), firstSlot: usedSlotCount, count: count, byteCount: total))
    }

    /// Stages the next `count` values of a page whose values share prefixes.
    mutating func append(_ prefixed: inout DeltaByteArray, count: Int) throws(Defect) {
        guard count <= prefixed.remaining else { throw Defect.fewerValues }
        makeRoom(for: count)
        let offset = prefixed.suffixByteCount
        let total = try unsafe prefixed.measure(count, parts: parts(usedSlotCount), scratch: scan.scratch)
        add(
            Segment(
                source: .suffixes(prefixed.suffixes, offset: offset), firstSlot: usedSlotCount, count: count,
                byteCount: total))
    }

    /// Stages the dictionary entries that the next `count` indices name.
    mutating func append(
        _ runs: inout HybridRuns, count: Int, from dictionary: ByteArrayDictionary?
    ) throws(Defect) {
        makeRoom(for: count)
        var done = 0
        var total = 0
        let room = unsafe indices(usedSlotCount)
        let entryCount = dictionary?.count ?? 0
        while done < count {
            let output = unsafe room + done
            let part = try unsafe runs.decode(count - done, into: output)
            if part.count > 0 {
                guard let dictionary, Int(part.largest) < entryCount else { throw Defect.indexOutsideDictionary }
                total += unsafe dictionary.byteCount(of: output, count: part.count)
                done += part.count
            } else if let run = try runs.takeRepeated(limit: count - done) {
                guard let dictionary, Int(run.value) < entryCount else { throw Defect.indexOutsideDictionary }
                unsafe output.update(repeating: run.value, count: run.count)
                total += run.count * dictionary.length(of: Int(run.value))
                done += run.count
            }
        }
        add(Segment(source: .dictionary, firstSlot: usedSlotCount, count: count, byteCount: total))
    }

    /// Bytes of the first `valueCount` values.
    func byteCount(first valueCount: Int, dictionary: ByteArrayDictionary?) -> Int {
        var left = valueCount
        var sum = 0
        for segment in segments where left > 0 {
            let count = min(left, segment.count)
            sum += byteCount(segment, first: count, dictionary)
            left -= count
        }
        precondition(left == 0)
        return sum
    }

    /// Copies the first `valueCount` values one after another to `data`, and where each starts and the last ends to
    /// `offsets`; then forgets them.
    ///
    /// - Throws: when `isUTF8` and a value from a page is not UTF-8; entries of a dictionary were checked before.
    /// - Precondition: `data` has room for the bytes and ``Kernels/copySlack`` more.
    mutating func move(
        first valueCount: Int, dictionary: ByteArrayDictionary?, isUTF8: Bool, to data: Slice, offsets: Slice
    ) throws(Defect) -> Int {
        let starts = unsafe UnsafeMutableRawPointer(offsets.words(0, count: valueCount + 1))
            .assumingMemoryBound(to: Int32.self)
        var position = 0
        var done = 0
        var emptied = 0
        while done < valueCount {
            let segment = segments[emptied]
            let count = min(valueCount - done, segment.count)
            let moved = byteCount(segment, first: count, dictionary)
            precondition(position + moved + Kernels.copySlack <= data.count)
            let from = position
            switch segment.source {
            case .page(let source):
                position = unsafe ck_copy_views(
                    source.address, source.count, views(segment.firstSlot), count, data.address, starts + done, from,
                    moved / max(count, 1))
                if isUTF8 { try unsafe check(data, from..<position, starts: starts + done, count: count) }
            case .suffixes(let source, let offset):
                let suffixes = source.extracting(offset..<source.count)
                position = unsafe ck_copy_prefixed(
                    suffixes.address, suffixes.count, parts(segment.firstSlot), count, previous.address, data.address,
                    starts + done, from)
                if isUTF8 { try unsafe check(data, from..<position, starts: starts + done, count: count) }
                let last = unsafe Int(starts[done + count - 1])
                keep(data.extracting(last..<position))
            case .dictionary:
                guard let dictionary else { preconditionFailure("indices without a dictionary") }
                position = unsafe dictionary.copy(
                    indices(segment.firstSlot), count: count, byteCount: moved, to: data, at: from,
                    offsets: starts + done)
            }
            precondition(position == from + moved)
            done += count
            byteCount -= moved
            if count == segment.count {
                emptied += 1
            } else {
                dropFirst(count, byteCount: moved, of: emptied)
            }
        }
        unsafe starts[valueCount] = Int32(position)
        segments.removeFirst(emptied)
        closeGap()
        return position
    }

    mutating func removeAll() {
        segments.removeAll(keepingCapacity: true)
        usedSlotCount = 0
        byteCount = 0
    }

    /// One pass over all bytes; only text beyond ASCII is looked at value by value.
    private func check(
        _ data: Slice, _ range: Range<Int>, starts: UnsafePointer<Int32>, count: Int
    ) throws(Defect) {
        let bytes = unsafe data.address
        if unsafe ck_is_ascii(bytes + range.lowerBound, range.count) { return }
        guard unsafe ck_is_utf8(bytes + range.lowerBound, range.count),
            unsafe ck_starts_are_boundaries(bytes, starts, count, Int32(range.upperBound))
        else { throw Defect("a string is not UTF-8") }
    }

    private func byteCount(_ segment: Segment, first count: Int, _ dictionary: ByteArrayDictionary?) -> Int {
        if count == segment.count { return segment.byteCount }
        switch segment.source {
        case .page: return unsafe Int(ck_sum_view_lengths(views(segment.firstSlot), count))
        case .suffixes:
            var suffixByteCount: UInt64 = 0
            return unsafe Int(ck_sum_prefixed_lengths(parts(segment.firstSlot), count, &suffixByteCount))
        case .dictionary:
            guard let dictionary else { preconditionFailure("indices without a dictionary") }
            return unsafe dictionary.byteCount(of: indices(segment.firstSlot), count: count)
        }
    }

    /// Copies a value whose memory will be sent, for the one after it.
    private mutating func keep(_ value: Slice) {
        if previous.count < value.count {
            let room = scan.pool.take(byteCount: value.count)
            previous = room.slice(0, count: room.capacity)
        }
        Kernels.copy(value, to: previous)
    }

    private mutating func add(_ segment: Segment) {
        segments.append(segment)
        usedSlotCount += segment.count
        byteCount += segment.byteCount
    }

    private mutating func dropFirst(_ count: Int, byteCount: Int, of index: Int) {
        let first = segments[index].firstSlot
        segments[index].count -= count
        segments[index].byteCount -= byteCount
        switch segments[index].source {
        case .page: segments[index].firstSlot += count
        case .suffixes(let source, let offset):
            var suffixByteCount: UInt64 = 0
            _ = unsafe ck_sum_prefixed_lengths(parts(first), count, &suffixByteCount)
            segments[index].source = .suffixes(source, offset: offset + Int(suffixByteCount))
            segments[index].firstSlot += count
        case .dictionary:
            let place = unsafe indices(first)
            unsafe place.update(from: place + count, count: segments[index].count)
        }
    }

    /// Moves what is left to the front.
    private mutating func closeGap() {
        var next = 0
        for index in segments.indices {
            let segment = segments[index]
            if segment.firstSlot != next {
                unsafe views(next).update(from: views(segment.firstSlot), count: segment.count)
                segments[index].firstSlot = next
            }
            next += segment.count
        }
        usedSlotCount = next
    }

    private mutating func makeRoom(for count: Int) {
        let wanted = (usedSlotCount + count) * Self.slotByteCount
        guard wanted > slots.count else { return }
        let block = scan.pool.take(byteCount: wanted)
        let grown = block.slice(0, count: block.capacity)
        Kernels.copy(slots.extracting(0..<usedSlotCount * Self.slotByteCount), to: grown)
        slots = grown
    }

    private func views(_ slot: Int) -> UnsafeMutablePointer<ck_view> {
        unsafe (slots.base + slot * Self.slotByteCount).assumingMemoryBound(to: ck_view.self)
    }

    private func indices(_ slot: Int) -> UnsafeMutablePointer<UInt32> {
        unsafe (slots.base + slot * Self.slotByteCount).assumingMemoryBound(to: UInt32.self)
    }

    private func parts(_ slot: Int) -> UnsafeMutablePointer<ck_prefixed> {
        unsafe (slots.base + slot * Self.slotByteCount).assumingMemoryBound(to: ck_prefixed.self)
    }
}
