import Bytes

/// Memory for frame heads and control frames: small blocks, filled once, dropped when their last slice was sent.
struct HeadArena {
    static let blockByteCount = 16 << 10
    private var block: Block?
    private var used = 0

    /// Copies `bytes` behind what was written last, and adds them to `output`; bytes that follow the last slice there
    /// without a gap lengthen it.
    mutating func append(_ bytes: RawSpan, to output: inout [Slice]) {
        let count = bytes.byteCount
        guard count > 0 else { return }
        guard count <= Self.blockByteCount else {
            output.append(Slice(Block.copying(bytes), offset: 0, count: count))
            return
        }
        let target: Block
        if let block, used + count <= block.capacity {
            target = block
        } else {
            target = Block.allocate(capacity: Self.blockByteCount)
            block = target
            used = 0
        }
        let start = unsafe target.base + used
        unsafe bytes.withUnsafeBytes { source in
            if let address = source.baseAddress { unsafe start.copyMemory(from: address, byteCount: source.count) }
        }
        if let last = output.last, last.block === target, last.offset + last.count == used {
            output[output.count - 1] = target.slice(last.offset, count: last.count + count)
        } else {
            output.append(target.slice(used, count: count))
        }
        used += count
    }
}
