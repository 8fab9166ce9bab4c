import Bytes
import CKernels

/// The decoded dictionary of a BYTE_ARRAY column chunk.
@safe struct ByteArrayDictionary {
    let count: Int
    /// The entries' bytes, with ``Kernels/copySlack`` readable bytes after them.
    private let bytes: Slice
    /// One `ck_view` an entry.
    private let views: Slice
    /// Entries of at most 16 bytes, each padded to 16; nil when one is longer.
    private let padded: Slice?
    /// Padding more entries than this would push the rest out of the cache.
    private static let paddedEntryLimit = 16 << 10

    /// Reads `count` PLAIN values.
    ///
    /// - Throws: when they run out, or one should be UTF-8 and is not.
    /// - Cost: copies the dictionary, so that no part of the file stays in memory for it.
    init(_ source: Slice, count: Int, isUTF8: Bool, pool: BlockPool) throws(Defect) {
        guard count <= source.count / 4 else { throw Defect("the dictionary has fewer values than its header says") }
        let copy = pool.take(byteCount: source.count + Kernels.copySlack)
        bytes = copy.slice(0, count: source.count + Kernels.copySlack)
        Kernels.copy(source, to: bytes)
        Kernels.zero(bytes.extracting(source.count..<bytes.count))
        views = pool.take(byteCount: count * 8).slice(0, count: count * 8)
        self.count = count
        var total: UInt64 = 0
        let entries = unsafe views.base.assumingMemoryBound(to: ck_view.self)
        guard unsafe ck_plain_views(bytes.address, source.count, count, entries, &total) >= 0 else {
            throw Defect("the dictionary has fewer values than its header says")
        }
        if isUTF8 {
            guard unsafe ck_entries_are_utf8(bytes.address, entries, count) else {
                throw Defect("a string in the dictionary is not UTF-8")
            }
        }
        guard count <= Self.paddedEntryLimit else {
            padded = nil
            return
        }
        let room = pool.take(byteCount: count * 16).slice(0, count: count * 16)
        padded = unsafe ck_pad_entries(room.address, bytes.address, entries, count) ? room : nil
    }

    /// Bytes of an entry.
    func length(of index: Int) -> Int {
        precondition(index < count)
        return unsafe Int(views.base.assumingMemoryBound(to: ck_view.self)[index].length)
    }

    /// Bytes of all the entries that the indices name.
    ///
    /// - Precondition: the indices were checked.
    @unsafe func byteCount(of indices: UnsafePointer<UInt32>, count: Int) -> Int {
        unsafe Int(ck_sum_entry_lengths(views.base.assumingMemoryBound(to: ck_view.self), indices, count))
    }

    /// Copies the entries that the indices name to `data + position`, their starts to `offsets`.
    ///
    /// - Precondition: the indices were checked; `data` has room for the bytes and ``Kernels/copySlack`` more.
    @unsafe func copy(
        _ indices: UnsafePointer<UInt32>, count: Int, byteCount: Int, to data: Slice, at position: Int,
        offsets: UnsafeMutablePointer<Int32>
    ) -> Int {
        precondition(position + byteCount + Kernels.copySlack <= data.count)
        let entries = unsafe views.base.assumingMemoryBound(to: ck_view.self)
        if let padded {
            return unsafe ck_copy_short_entries(
                padded.address, entries, indices, count, data.address, offsets, position)
        }
        return unsafe ck_copy_entries(
            bytes.address, entries, indices, count, data.address, offsets, position, byteCount / max(count, 1))
    }
}
