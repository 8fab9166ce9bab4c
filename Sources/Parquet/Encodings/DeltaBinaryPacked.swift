import Bytes
import CKernels

/// Integers as differences, packed in blocks of miniblocks, each miniblock with a width of its own.
///
/// - Spec: Parquet `Encodings.md`, "Delta Encoding": block size, miniblocks a block, count, first value; then blocks.
/// - Shape: values of 4 or 8 bytes; sums wrap around.
/// - Cost: constant per miniblock besides its values; allocates nothing.
struct DeltaBinaryPacked {
    let bytes: Slice
    /// 4 or 8.
    let byteWidth: Int
    /// Values that were not decoded yet.
    private(set) var remaining: Int
    private let miniblockCount: Int
    private let valuesPerMiniblock: Int
    /// Next byte that was not looked at.
    private var offset: Int
    /// The last value decoded, or before that the first to be decoded.
    private var value: UInt64
    private var isAtFirst = true
    private var minimum: UInt64 = 0
    /// Where the widths of the current block lie, and which of them is the current miniblock's.
    private var widths = 0
    private var miniblock: Int
    /// Deltas of the current miniblock that were decoded; all of them before the first block.
    private var position: Int
    private var width = 0

    /// Reads the head.
    init(_ bytes: Slice, byteWidth: Int) throws(Defect) {
        precondition(byteWidth == 4 || byteWidth == 8)
        self.bytes = bytes
        self.byteWidth = byteWidth
        var reader = VarintReader(bytes)
        let blockSize = try reader.read()
        let miniblockCount = try reader.read()
        let count = try reader.read()
        let first = try reader.readZigzag()
        guard blockSize > 0, blockSize % 128 == 0, blockSize <= UInt64(Int32.max) else {
            throw Defect("a delta block of \(blockSize) values")
        }
        guard miniblockCount > 0, miniblockCount <= blockSize / 32, blockSize % miniblockCount == 0,
            blockSize / miniblockCount % 32 == 0
        else { throw Defect("\(miniblockCount) miniblocks in a delta block of \(blockSize) values") }
        guard count <= UInt64(Int32.max) else { throw Defect("\(count) delta-encoded values") }
        remaining = Int(count)
        self.miniblockCount = Int(miniblockCount)
        valuesPerMiniblock = Int(blockSize / miniblockCount)
        value = first
        offset = reader.offset
        miniblock = self.miniblockCount - 1
        position = valuesPerMiniblock
    }

    /// Decodes the next `count` values to the front of `target`.
    ///
    /// - Throws: when they run out or the bytes do.
    mutating func decode(_ count: Int, into target: Slice) throws(Defect) {
        guard count <= remaining else { throw Defect.fewerValues }
        guard count > 0 else { return }
        let output = unsafe target.address(0, wanted: count * byteWidth)
        var done = 0
        if isAtFirst {
            isAtFirst = false
            unsafe store(value, to: output)
            done = 1
        }
        while done < count {
            if position == valuesPerMiniblock {
                let whole = try unsafe decodeWhole((count - done) / valuesPerMiniblock, into: output + done * byteWidth)
                if whole > 0 {
                    done += whole * valuesPerMiniblock
                    continue
                }
                try beginMiniblock()
            }
            let part = min(count - done, valuesPerMiniblock - position)
            // The last miniblock may be cut short behind its last value.
            guard (position + part) * width <= (bytes.count - offset) * 8 else {
                throw Self.endsEarly
            }
            let source = bytes.extracting(offset..<bytes.count)
            if byteWidth == 8 {
                value = unsafe ck_delta_64(
                    source.address, source.count, UInt32(width), position, part, minimum, value, output + done * 8)
            } else {
                value = unsafe UInt64(
                    ck_delta_32(
                        source.address, source.count, UInt32(width), position, part,
                        UInt32(truncatingIfNeeded: minimum), UInt32(truncatingIfNeeded: value), output + done * 4))
            }
            position += part
            done += part
            if position == valuesPerMiniblock { offset = min(offset + miniblockByteCount, bytes.count) }
        }
        remaining -= count
    }

    /// Decodes whole miniblocks of the current block, at most so many; returns how many.
    @unsafe private mutating func decodeWhole(
        _ limit: Int, into target: UnsafeMutablePointer<UInt8>
    ) throws(Defect) -> Int {
        if limit > 0, miniblock == miniblockCount - 1 { try beginBlock() }
        let count = min(limit, miniblockCount - 1 - miniblock)
        guard count > 0 else { return 0 }
        let used = unsafe ck_delta_miniblocks(
            bytes.address + widths + miniblock + 1, count, valuesPerMiniblock, byteWidth, bytes.address + offset,
            bytes.count - offset, minimum, &value, target)
        // The miniblock at fault is found when they are read one by one.
        guard used >= 0 else { return 0 }
        offset += used
        miniblock += count
        return count
    }

    /// Where the encoded values end, told from the heads of the blocks alone; only before the first ``decode(_:into:)``.
    func end() throws(Defect) -> Int {
        precondition(isAtFirst)
        var walker = self
        var left = max(remaining - 1, 0)
        while left > 0 {
            try walker.beginMiniblock()
            left -= valuesPerMiniblock
            walker.position = valuesPerMiniblock
            // Without its padding at the very end.
            guard walker.offset + walker.miniblockByteCount <= bytes.count else {
                throw Self.endsEarly
            }
            walker.offset += walker.miniblockByteCount
        }
        return walker.offset
    }

    private static let endsEarly = Defect("a delta block ends early")

    private var miniblockByteCount: Int { valuesPerMiniblock / 8 * width }

    private mutating func beginBlock() throws(Defect) {
        var reader = VarintReader(bytes, offset: offset)
        minimum = try reader.readZigzag()
        guard miniblockCount <= bytes.count - reader.offset else { throw Self.endsEarly }
        widths = reader.offset
        offset = widths + miniblockCount
        miniblock = -1
    }

    private mutating func beginMiniblock() throws(Defect) {
        if miniblock == miniblockCount - 1 { try beginBlock() }
        miniblock += 1
        position = 0
        width = unsafe Int(bytes.base.load(fromByteOffset: widths + miniblock, as: UInt8.self))
        guard width <= byteWidth * 8 else { throw Defect("deltas of \(width) bits") }
    }

    @unsafe private func store(_ value: UInt64, to target: UnsafeMutablePointer<UInt8>) {
        let target = UnsafeMutableRawPointer(target)
        if byteWidth == 8 {
            unsafe target.storeBytes(of: value.littleEndian, as: UInt64.self)
        } else {
            unsafe target.storeBytes(of: UInt32(truncatingIfNeeded: value).littleEndian, as: UInt32.self)
        }
    }
}
