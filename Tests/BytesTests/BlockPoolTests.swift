import Bytes
import Testing

@Suite("Block pool")
struct BlockPoolTests {
    private static let sizes: [(Int, Int)] = [
        (0, 16_384), (1, 16_384), (16_384, 16_384), (16_385, 32_768), (1_048_576, 1_048_576), (1_048_577, 1_064_960),
        (67_108_864, 67_108_864), (67_108_865, 67_125_248),
    ]

    @Test(arguments: sizes)
    func roundsUpToASize(wanted: Int, capacity: Int) {
        let block = BlockPool(idleLimitByteCount: 1 << 20).take(byteCount: wanted)
        #expect(block.capacity == capacity)
        #expect(block.bytes.byteCount == capacity)
        #expect(BlockPool.capacity(for: wanted) == capacity)
    }

    @Test func releasedMemoryIsLentAgain() {
        let pool = BlockPool(idleLimitByteCount: 4 << 20)
        var block: Block? = pool.take(byteCount: 30_000)
        let first = unsafe block?.base
        #expect(pool.lentByteCount == 32 << 10)
        block = nil
        #expect(pool.lentByteCount == 0)
        #expect(pool.idleByteCount == 2 << 20)
        block = pool.take(byteCount: 1 << 20)
        #expect(unsafe block?.base == first)
        #expect(pool.idleByteCount == 1 << 20)
        #expect(pool.largestLentByteCount == 1 << 20)
    }

    @Test func blocksOfAllSizesAreApartAndCanBeWritten() {
        let pool = BlockPool(idleLimitByteCount: 4 << 20)
        let sizes = [100, 3 << 20, 40 << 20, 30 << 20, 65 << 20, 20_000, 1 << 20]
        let blocks = sizes.map { pool.take(byteCount: $0) }
        for (index, block) in blocks.enumerated() {
            #expect(unsafe UInt(bitPattern: block.base) % UInt(Block.alignment) == 0)
            var bytes = block.mutableBytes
            bytes.storeBytes(of: UInt8(index), as: UInt8.self)
            bytes.storeBytes(of: UInt8(index), toByteOffset: block.capacity - 1, as: UInt8.self)
        }
        for (index, block) in blocks.enumerated() {
            #expect(unsafe block.bytes.unsafeLoad(as: UInt8.self) == UInt8(index))
            #expect(unsafe block.bytes.unsafeLoad(fromByteOffset: block.capacity - 1, as: UInt8.self) == UInt8(index))
        }
        #expect(pool.lentByteCount == blocks.reduce(0) { $0 + $1.capacity })
    }

    @Test func idleBytesStayUnderTheLimit() {
        let pool = BlockPool(idleLimitByteCount: 5 << 20)
        var blocks = (0..<8).map { _ in pool.take(byteCount: 2 << 20) }
        blocks.removeAll()
        #expect(pool.idleByteCount == 4 << 20)
        #expect(pool.largestLentByteCount == 16 << 20)
        blocks = [pool.take(byteCount: 100 << 20)]
        blocks.removeAll()
        #expect(pool.idleByteCount == 4 << 20)
    }

    /// Half of what is lent may lie idle; as that falls, so does what is kept.
    @Test func whatIsKeptFollowsWhatIsLent() {
        let pool = BlockPool(idleLimitByteCount: 2 << 20, busyLimitByteCount: 16 << 20)
        var blocks = (0..<64).map { _ in pool.take(byteCount: 1 << 20) }
        blocks.removeLast(16)
        #expect(pool.lentByteCount == 48 << 20)
        #expect(pool.idleByteCount == 16 << 20)
        blocks.removeLast(32)
        #expect(pool.idleByteCount <= 8 << 20)
        blocks.removeAll()
        #expect(pool.idleByteCount == 2 << 20)
        let strict = BlockPool(idleLimitByteCount: 2 << 20)
        blocks = (0..<64).map { _ in strict.take(byteCount: 1 << 20) }
        blocks.removeLast(16)
        #expect(strict.idleByteCount == 2 << 20)
    }

    @Test func aSliceKeepsItsBlock() {
        let pool = BlockPool(idleLimitByteCount: 0)
        var slice: Slice? = pool.take(byteCount: 100).slice(10, count: 20)
        #expect(pool.lentByteCount == 16 << 10)
        slice = slice?.extracting(5..<6)
        #expect(slice?.offset == 15)
        slice = nil
        #expect(pool.lentByteCount == 0)
    }
}
