import Bytes
import CSnappy
import Testing

@testable import Parquet

@Suite("Snappy")
struct SnappyTests {
    private func decompress(_ block: [UInt8], count: Int) throws(Defect) -> [UInt8] {
        let target = Block.allocate(capacity: count).slice(0, count: count)
        try Snappy.decompress(Slice(copying: block), into: target)
        return target.copiedBytes()
    }

    /// What libsnappy makes of a block; nil when it refuses.
    private func reference(_ block: [UInt8], count: Int) -> [UInt8]? {
        let input = block.map { CChar(bitPattern: $0) }
        var length = 0
        guard unsafe snappy_uncompressed_length(input, input.count, &length) == SNAPPY_OK, length == count else {
            return nil
        }
        var output = [CChar](repeating: 0, count: max(count, 1))
        guard unsafe snappy_uncompress(input, input.count, &output, &length) == SNAPPY_OK else { return nil }
        return output[..<count].map { UInt8(bitPattern: $0) }
    }

    @Test func readsEveryElement() throws {
        // 22 bytes: literal "abc"; a copy of 4 from 3 before (1-byte offset); a copy of 5 from 7 before (2-byte offset);
        // a copy of 6 from 1 before (4-byte offset); a literal of 4 with a one-byte length.
        let block: [UInt8] =
            [22, 0x08] + Array("abc".utf8) + [0x01, 3, 0x12, 7, 0, 0x17, 1, 0, 0, 0, 0xf0, 3] + Array("wxyz".utf8)
        #expect(try decompress(block, count: 22) == Array("abcabcaabcabbbbbbbwxyz".utf8))
        for count in 0..<block.count {
            #expect(throws: Defect.self) { try decompress(Array(block[..<count]), count: 22) }
        }
    }

    @Test(arguments: [
        [4, 0x01, 0],  // a copy before anything was written
        [8, 0x00, 65, 0x09, 2, 0],  // from further back than the start
        [8, 0x00, 65, 0x09, 0, 0],  // from 0 before
        [4, 0x08, 65, 66, 67],  // fewer bytes than stated
        [2, 0x08, 65, 66, 67],  // more bytes than stated
        [4, 0xfc, 0xff, 0xff, 0xff, 0xff],  // a literal of 4 GiB
        [0xff, 0xff, 0xff, 0xff, 0x7f],  // a length beyond 32 bits
    ])
    func refuses(_ block: [UInt8]) {
        #expect(throws: Defect.self) { try decompress(block, count: Int(block[0])) }
    }

    @Test(arguments: 0..<6)
    func agreesWithTheLibrary(_ seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<40 {
            let count = Int.random(in: 1..<3000, using: &random)
            let period = [1, 2, 3, 7, 15, 16, 40, 500][Int.random(in: 0..<8, using: &random)]
            var text: [CChar] = []
            for index in 0..<count {
                let repeats = index >= period && Int.random(in: 0..<12, using: &random) > 0
                text.append(repeats ? text[index - period] : CChar.random(in: -128...127, using: &random))
            }
            var length = snappy_max_compressed_length(count)
            var output = [CChar](repeating: 0, count: length)
            let status = unsafe snappy_compress(text, count, &output, &length)
            #expect(status == SNAPPY_OK)
            let block = output[..<length].map { UInt8(bitPattern: $0) }
            #expect(try decompress(block, count: count) == text.map { UInt8(bitPattern: $0) })
            for _ in 0..<4 {
                var spoiled = block
                spoiled[Int.random(in: 0..<length, using: &random)] = UInt8.random(in: 0...255, using: &random)
                #expect((try? decompress(spoiled, count: count)) == reference(spoiled, count: count))
            }
        }
    }
}
