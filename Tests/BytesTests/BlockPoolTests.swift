import Bytes
import Testing

@Suite("Block pool")
struct BlockPoolTests {
    @Test(arguments: [
        (0, 16 << 10), (1, 16 << 10), (16 << 10, 16 << 10), ((16 << 10) + 1, 32 << 10), (1 << 20, 1 << 20),
        (4 << 20, 4 << 20), ((4 << 20) + 1, (4 << 20) + 1),
    ])
    func roundsUpToASize(wanted: Int, capacity: Int) {
        let block = BlockPool(idleLimitByteCount: 1 << 20).take(byteCount: wanted)
        #expect(block.capacity == capacity)
        #expect(block.bytes.byteCount == capacity)
    }

    @Test func releasedBlocksAreLentAgain() {
        let pool = BlockPool(idleLimitByteCount: 1 << 20)
        var block: Block? = pool.take(byteCount: 20_000)
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
