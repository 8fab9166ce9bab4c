import Bytes
import Testing

@Suite("Block pool")
struct BlockPoolTests {
    private static let sizes: [(Int, Int)] = [
        (0, 16_384), (1, 16_384), (16_384, 16_384), (16_385, 24_576), (24_576, 24_576), (24_577, 32_768),
        (1_048_576, 1_048_576), (1_048_577, 1_572_864), (3_145_729, 4_194_304), (4_194_304, 4_194_304),
        (4_194_305, 6_291_456), (8_388_608, 8_388_608), (8_388_609, 8_388_609),
    ]

    @Test(arguments: sizes)
    func roundsUpToASize(wanted: Int, capacity: Int) {
        let block = BlockPool(idleLimitByteCount: 1 << 20).take(byteCount: wanted)
        #expect(block.capacity == capacity)
        #expect(block.bytes.byteCount == capacity)
        #expect(BlockPool.capacity(for: wanted) == capacity)
    }

    @Test func releasedBlocksAreLentAgain() {
        let pool = BlockPool(idleLimitByteCount: 1 << 20)
        var block: Block? = pool.take(byteCount: 30_000)
        let first = unsafe block?.base
        #expect(pool.lentByteCount == 32 << 10)
        block = nil
        #expect(pool.lentByteCount == 0)
        #expect(pool.idleByteCount == 32 << 10)
        block = pool.take(byteCount: 32 << 10)
        #expect(unsafe block?.base == first)
        #expect(pool.idleByteCount == 0)
    }

    @Test func idleBytesStayUnderTheLimit() {
        let pool = BlockPool(idleLimitByteCount: 40 << 10)
        var blocks = [pool.take(byteCount: 32 << 10), pool.take(byteCount: 32 << 10)]
        blocks.removeAll()
        #expect(pool.idleByteCount == 32 << 10)
        #expect(pool.largestLentByteCount == 64 << 10)
    }

    /// Half of what is lent may lie idle; as that falls, so does what is kept.
    @Test func whatIsKeptFollowsWhatIsLent() {
        let pool = BlockPool(idleLimitByteCount: 64 << 10, busyLimitByteCount: 1 << 20)
        var blocks = (0..<64).map { _ in pool.take(byteCount: 64 << 10) }
        blocks.removeFirst(16)
        #expect(pool.lentByteCount == 3 << 20)
        #expect(pool.idleByteCount == 1 << 20)
        blocks.removeFirst(32)
        #expect(pool.idleByteCount <= 1 << 19)
        blocks.removeAll()
        #expect(pool.idleByteCount == 64 << 10)
        let strict = BlockPool(idleLimitByteCount: 64 << 10)
        blocks = (0..<64).map { _ in strict.take(byteCount: 64 << 10) }
        blocks.removeFirst(16)
        #expect(strict.idleByteCount == 64 << 10)
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
