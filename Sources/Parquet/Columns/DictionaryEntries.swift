import Arrow
import Bytes

/// Distinct values in the order they first came, found by their bytes.
///
/// - Shape: an open hash table of entry numbers over the entries' bytes, which lie one after another.
struct DictionaryEntries {
    private static let clearBit: [UInt8] = [0]
    private static let setBit: [UInt8] = [1]
    private let values: LeafValues
    private var bytes: [UInt8] = []
    /// Where each entry ends in ``bytes``.
    private var ends: [Int] = []
    /// Entry numbers, -1 for none; a power of two of them, at most half of which are taken.
    private var table = [Int32](repeating: -1, count: 64)

    init(_ values: LeafValues) {
        self.values = values
    }

    var count: Int { ends.count }
    var byteCount: Int { bytes.count }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        table = [Int32](repeating: -1, count: 64)
    }

    /// Adds an entry that stands for no value: zeros, or no bytes.
    mutating func addPlaceholder() {
        precondition(count == 0)
        switch values {
        case .boolean: bytes.append(0)
        case .fixedWidth(let conversion): bytes = [UInt8](repeating: 0, count: conversion.targetByteWidth)
        case .byteArray, .null, .dictionary: break
        }
        ends.append(bytes.count)
        table[hash(bytes.rawSpan)] = 0
    }

    /// The entry of value number `value` of a plain array; a new one when there is none yet.
    mutating func index(of value: Int, in plain: ValueTarget) -> Int {
        switch values {
        case .boolean:
            let isSet = plain.buffer(0).bytes.byte(value / 8) >> UInt8(value % 8) & 1 == 1
            return index(of: (isSet ? Self.setBit : Self.clearBit).rawSpan)
        case .fixedWidth(let conversion):
            let byteWidth = conversion.targetByteWidth
            return index(of: plain.buffer(0).bytes.extracting(value * byteWidth..<(value + 1) * byteWidth))
        case .byteArray:
            let offsets = plain.buffer(0).bytes
            let start = unsafe offsets.unsafeLoadUnaligned(fromByteOffset: value * 4, as: Int32.self)
            let end = unsafe offsets.unsafeLoadUnaligned(fromByteOffset: value * 4 + 4, as: Int32.self)
            return index(of: plain.buffer(1).bytes.extracting(Int(start)..<Int(end)))
        case .null, .dictionary: preconditionFailure("a dictionary of no values")
        }
    }

    private mutating func index(of value: RawSpan) -> Int {
        if ends.count * 2 >= table.count { grow() }
        var slot = hash(value)
        while true {
            let entry = Int(table[slot])
            guard entry >= 0 else {
                table[slot] = Int32(ends.count)
                for position in 0..<value.byteCount { bytes.append(value.byte(position)) }
                ends.append(bytes.count)
                return ends.count - 1
            }
            if equals(entry, value) { return entry }
            slot = (slot + 1) & (table.count - 1)
        }
    }

    private func range(_ entry: Int) -> Range<Int> { (entry == 0 ? 0 : ends[entry - 1])..<ends[entry] }

    private func equals(_ entry: Int, _ value: RawSpan) -> Bool {
        let range = range(entry)
        guard range.count == value.byteCount else { return false }
        for position in 0..<value.byteCount where bytes[range.lowerBound + position] != value.byte(position) {
            return false
        }
        return true
    }

    /// With the process's own seed, so that no file can have values that all want the same slot.
    private func hash(_ value: RawSpan) -> Int {
        var hasher = Hasher()
        unsafe value.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize() & (table.count - 1)
    }

    private mutating func grow() {
        table = [Int32](repeating: -1, count: table.count * 2)
        for entry in ends.indices {
            let range = range(entry)
            var slot = hash(bytes.rawSpan.extracting(range))
            while table[slot] >= 0 { slot = (slot + 1) & (table.count - 1) }
            table[slot] = Int32(entry)
        }
    }

    /// The entries as one array without nulls.
    func batch(pool: BlockPool) -> RecordBatch {
        let byteCounts =
            switch values {
            case .boolean: ValueByteCounts((count + 7) / 8)
            case .byteArray(let form): form.layout.byteCounts(slotCount: count, valueBytes: bytes.count)
            default: ValueByteCounts(bytes.count)
            }
        var layout = BatchLayout()
        layout.addNode(length: count, nullCount: 0)
        layout.addBuffer(byteCount: 0)
        layout.add(byteCounts)
        let room = layout.bodyByteCount + Kernels.copySlack
        let body = pool.take(byteCount: room).slice(0, count: room)
        Kernels.zero(body)
        let target = ValueTarget(body: body, buffers: layout.buffers, from: 1, byteCounts: byteCounts)
        switch values {
        case .boolean:
            var bits = target.buffer(0).mutableBytes
            let ones = bytes.indices.reduce(UInt8(0)) { $0 | bytes[$1] << UInt8($1) }
            if count > 0 { bits.storeBytes(of: ones, as: UInt8.self) }
        case .byteArray(let form):
            let starts =
                form.layout == .views
                ? Slice(Block.allocate(capacity: (count + 1) * 4), offset: 0, count: (count + 1) * 4) : target.buffer(0)
            var output = starts.mutableBytes
            for (entry, start) in ([0] + ends).enumerated() {
                output.storeBytes(of: Int32(start).littleEndian, toByteOffset: entry * 4, as: Int32.self)
            }
            Kernels.copy(Slice(copying: bytes), to: target.buffer(1))
            form.layout.finish(starts: starts, slotCount: count, places: target.buffer(0), data: target.buffer(1))
        default: Kernels.copy(Slice(copying: bytes), to: target.buffer(0))
        }
        return layout.batch(rowCount: count, body: body)
    }
}

extension RawSpan {
    fileprivate func byte(_ offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
}
