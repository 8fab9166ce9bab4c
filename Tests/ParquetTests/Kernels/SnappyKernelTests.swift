import CKernels
import Randomness
import Testing

@testable import Parquet

@Suite("Snappy kernel")
struct SnappyKernelTests {
    /// What the kernel makes of a block, or nil; fails where it writes outside its target.
    private func decompress(_ block: [UInt8], count: Int) -> [UInt8]? {
        var target = [UInt8](repeating: 0xee, count: count + 100)
        let isSound = unsafe ck_snappy_decompress(block, block.count, &target, count)
        #expect(target[count...].allSatisfy { $0 == 0xee })
        return isSound ? Array(target[..<count]) : nil
    }

    /// The same by the letter of the format, a byte at a time.
    private func reference(_ block: [UInt8], count: Int) -> [UInt8]? {
        var rest = block[...]
        func take(_ byteCount: Int) -> Int? {
            guard rest.count >= byteCount else { return nil }
            defer { rest = rest.dropFirst(byteCount) }
            return rest.prefix(byteCount).reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        var length = 0
        for shift in stride(from: 0, through: 28, by: 7) {
            guard let byte = take(1) else { return nil }
            length |= (byte & 0x7f) << shift
            if byte < 0x80 { break }
            if shift == 28 { return nil }
        }
        guard length == count else { return nil }
        var result: [UInt8] = []
        while let tag = take(1) {
            guard tag & 3 > 0 else {
                var byteCount = tag >> 2
                if byteCount >= 60 {
                    guard let long = take(byteCount - 59) else { return nil }
                    byteCount = long
                }
                guard byteCount < rest.count, byteCount < count - result.count else { return nil }
                result += rest.prefix(byteCount + 1)
                rest = rest.dropFirst(byteCount + 1)
                continue
            }
            guard var offset = take([1, 2, 4][tag & 3 - 1]) else { return nil }
            if tag & 3 == 1 { offset |= (tag >> 5) << 8 }
            let byteCount = tag & 3 == 1 ? tag >> 2 & 7 + 4 : tag >> 2 + 1
            guard (1...max(result.count, 1)).contains(offset), offset <= result.count,
                byteCount <= count - result.count
            else { return nil }
            for _ in 0..<byteCount { result.append(result[result.count - offset]) }
        }
        return result.count == count ? result : nil
    }

    /// Every kind of element, many with the least and the largest length or offset; and how many bytes they make.
    private func block(elementCount: Int, _ random: inout SeededRandom) -> (bytes: [UInt8], count: Int) {
        var bytes: [UInt8] = []
        var count = 0
        for _ in 0..<elementCount {
            let kind = count == 0 ? 0 : [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3].randomElement(using: &random)!
            let offsets = [1, 2, 7, 8, 15, 16, 17, Int.random(in: 1...max(count, 1), using: &random), count]
            let offset = offsets.filter { $0 <= count }.randomElement(using: &random) ?? 0
            switch kind {
            case 0:
                let length = [1, 2, 3, 4, 16, 17, 60, 61, 100, 300].randomElement(using: &random)!
                if length <= 60 {
                    bytes.append(UInt8(length - 1) << 2)
                } else {
                    // One byte would do for some of them; more are allowed.
                    let byteCount = Int.random(in: (length > 256 ? 2 : 1)...4, using: &random)
                    bytes += [UInt8(59 + byteCount) << 2] + littleEndian(length - 1, byteCount)
                }
                for _ in 0..<length { bytes.append(UInt8.random(in: 0...255, using: &random)) }
                count += length
            case 1 where offset < 1 << 11:
                let length = Int.random(in: 4...11, using: &random)
                bytes += [UInt8(offset >> 8) << 5 | UInt8(length - 4) << 2 | 1, UInt8(truncatingIfNeeded: offset)]
                count += length
            default:
                let length = [1, 3, 4, 8, 15, 16, 17, 40, 63, 64].randomElement(using: &random)!
                bytes += [UInt8(length - 1) << 2 | (kind == 3 ? 3 : 2)] + littleEndian(offset, kind == 3 ? 4 : 2)
                count += length
            }
        }
        return (varint(count) + bytes, count)
    }

    private func littleEndian(_ value: Int, _ byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private func varint(_ value: Int) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f | 0x80)] + varint(value >> 7)
    }

    @Test func readsEveryKindOfElement() {
        var random = SeededRandom(seed: 6)
        for elementCount in Array(1...40) + [200, 500] {
            for _ in 0..<10 {
                let (bytes, count) = block(elementCount: elementCount, &random)
                let expected = reference(bytes, count: count)
                #expect(expected != nil)
                #expect(decompress(bytes, count: count) == expected)
                for other in [count - 1, count + 1] { #expect(decompress(bytes, count: other) == nil) }
            }
        }
    }

    @Test func readsWhatAnotherImplementationWrites() {
        // The numbers that `x = (x * 1103515245 + 12345) & 0x7fffffff` gives, one byte of each.
        func noise(_ count: Int, seed: Int) -> [UInt8] {
            var number = seed
            return (0..<count).map { _ in
                number = (number &* 1_103_515_245 &+ 12345) & 0x7fff_ffff
                return UInt8(truncatingIfNeeded: number >> 16)
            }
        }
        let noise1 = noise(90, seed: 1)
        let noise2 = noise(40, seed: 2)
        func repeated(_ bytes: some Sequence<UInt8>, _ count: Int) -> [UInt8] { (0..<count).flatMap { _ in bytes } }
        let text =
            noise1 + repeated([0x78], 50) + repeated(noise1[..<7], 10) + noise2 + repeated([0], 300) + noise1
            + repeated([0x79, 0x7a], 20) + noise2[..<20] + repeated("0123456789".utf8, 8)
        // pyarrow.Codec("snappy").compress(text): literals with and without a length byte, copies near, far and overlapping.
        let block: [UInt8] =
            [0x8c, 0x06, 0xf0, 0x5e] + noise1 + repeated([0x78], 5) + [0xb2, 0x03, 0x00, 0x0d, 0x8c, 0xfa, 0x07, 0x00]
            + [0xa8] + noise2 + [0, 0, 0] + repeated([0xfe, 0x02, 0x00], 4) + [0xa2, 0x02, 0x00]
            + [0x2d, 0x93, 0xfe, 0x26, 0x02, 0x4a, 0x26, 0x02, 0x04, 0x79, 0x7a, 0x96, 0x02, 0x00, 0x4e, 0xd6, 0x01]
            + [0x24] + Array("0123456789".utf8) + [0xfe, 0x0a, 0x00, 0x09, 0x0a]
        #expect(decompress(block, count: 780) == text)
    }

    @Test func refusesEveryPartOfABlock() {
        var random = SeededRandom(seed: 7)
        for elementCount in [1, 5, 20, 60] {
            let (bytes, count) = block(elementCount: elementCount, &random)
            for end in bytes.indices { #expect(decompress(Array(bytes[..<end]), count: count) == nil) }
        }
    }

    @Test func judgesDamageAsTheFormatDoes() {
        var random = SeededRandom(seed: 8)
        var soundCount = 0
        for _ in 0..<10_000 {
            var (bytes, count) = block(elementCount: Int.random(in: 1...50, using: &random), &random)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.insert(0, at: place)
                default: count = max(0, count + Int.random(in: -1...1, using: &random))
                }
            }
            let expected = reference(bytes, count: count)
            soundCount += expected == nil ? 0 : 1
            #expect(decompress(bytes, count: count) == expected)
        }
        #expect((100..<9900).contains(soundCount))
    }

    @Test func theLengthIsAVarintOfAtMostFiveBytes() {
        #expect(decompress([], count: 0) == nil)
        #expect(decompress([0], count: 0) == [])
        #expect(decompress([0x80], count: 0) == nil)
        #expect(decompress([0x81, 0x80, 0x80, 0x80, 0x00, 0, 7], count: 1) == [7])
        #expect(decompress([0x81, 0x80, 0x80, 0x80, 0x80, 0x00, 0, 7], count: 1) == nil)
        #expect(decompress([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 7], count: 1) == nil)
    }
}
