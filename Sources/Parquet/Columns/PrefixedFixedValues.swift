import Bytes
import CKernels

/// Values of one width out of encodings that were made for byte arrays: fixed ones, and decimals of any length.
///
/// - Spec: Parquet `Encodings.md`, "Delta-length byte array" and "Delta Strings".
struct PrefixedFixedValues {
    private let conversion: FixedConversion
    private let scan: ScanResources
    /// The value before the next one, as stored; a page's first has none.
    private var previous: Slice

    init(_ conversion: FixedConversion, scan: ScanResources) {
        self.conversion = conversion
        self.scan = scan
        previous = scan.nothing
    }

    /// Bytes of a stored value at most.
    private var longest: Int { conversion.sourceByteWidth ?? conversion.targetByteWidth }

    /// - Throws: for a decimal that is empty or too long.
    func decode(_ lengths: inout DeltaLengthByteArray, _ count: Int, into target: Slice) throws(Defect) {
        let views = scan.pool.take(byteCount: ScanResources.indexCount * MemoryLayout<ck_view>.stride)
        let places = unsafe views.base.assumingMemoryBound(to: ck_view.self)
        try inParts(count, of: ScanResources.indexCount, target) { part, count throws(Defect) in
            _ = try unsafe lengths.find(count, views: places, scratch: scan.scratch)
            try unsafe conversion.convert(lengths.data, views: places, count: count, into: part)
        }
    }

    /// - Throws: for a value of another width and for a decimal that is empty or too long.
    mutating func decode(_ prefixed: inout DeltaByteArray, _ count: Int, into target: Slice) throws(Defect) {
        let most = max(1, min(ScanResources.indexCount, (64 << 10) / longest))
        let partsRoom = scan.pool.take(byteCount: most * MemoryLayout<ck_prefixed>.stride)
        let parts = unsafe partsRoom.base.assumingMemoryBound(to: ck_prefixed.self)
        let offsets = scan.pool.take(byteCount: (most + 1) * 8)
        let starts = unsafe offsets.base.assumingMemoryBound(to: Int32.self)
        let values = scan.pool.take(byteCount: most * longest + Kernels.copySlack)
        if previous.count < longest { previous = scan.pool.take(byteCount: longest).slice(0, count: longest) }
        let suffixes = prefixed.suffixes
        let before = previous
        try inParts(count, of: most, target) { part, count throws(Defect) in
            let suffixStart = prefixed.suffixByteCount
            _ = try unsafe prefixed.measure(count, parts: parts, scratch: scan.scratch)
            try unsafe checkLengths(parts, count)
            let source = suffixes.extracting(suffixStart..<suffixes.count)
            let end = unsafe ck_copy_prefixed(
                source.address, source.count, parts, count, before.address,
                values.base.assumingMemoryBound(to: UInt8.self), starts, 0)
            unsafe starts[count] = Int32(end)
            let last = unsafe Int(starts[count - 1])
            Kernels.copy(values.slice(last, count: end - last), to: before)
            try unsafe convert(values, starts, count, into: part)
        }
    }

    private func convert(_ values: Block, _ starts: UnsafePointer<Int32>, _ count: Int, into target: Slice)
        throws(Defect)
    {
        let bytes = unsafe values.slice(0, count: Int(starts[count]))
        guard conversion.sourceByteWidth == nil else {
            _ = try conversion.convert(bytes, count: count, into: target)
            return
        }
        let room = scan.pool.take(byteCount: count * MemoryLayout<ck_view>.stride)
        let views = unsafe room.base.assumingMemoryBound(to: ck_view.self)
        for index in 0..<count {
            unsafe views[index] = ck_view(
                start: UInt32(starts[index]), length: UInt32(starts[index + 1] - starts[index]))
        }
        try unsafe conversion.convert(bytes, views: views, count: count, into: target)
    }

    private func checkLengths(_ parts: UnsafePointer<ck_prefixed>, _ count: Int) throws(Defect) {
        for index in 0..<count {
            let length = unsafe Int(parts[index].prefix) + Int(parts[index].suffix)
            let fits = conversion.sourceByteWidth.map { length == $0 } ?? (1...longest).contains(length)
            guard fits else { throw Defect("a value of \(length) bytes where \(longest) are expected") }
        }
    }

    private func inParts(
        _ count: Int, of most: Int, _ target: Slice, _ body: (Slice, Int) throws(Defect) -> Void
    ) throws(Defect) {
        let byteWidth = conversion.targetByteWidth
        var done = 0
        while done < count {
            let part = min(count - done, most)
            try body(target.extracting(done * byteWidth..<(done + part) * byteWidth), part)
            done += part
        }
    }
}
