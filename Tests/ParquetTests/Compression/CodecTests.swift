import Bytes
import Randomness
import Testing

@testable import Parquet

@Suite("Codecs")
struct CodecTests {
    /// Decompresses to `count` bytes that lie between others, which must stay as they are.
    private func decompress(
        _ bytes: [UInt8], _ codec: Codec, count: Int, with decompressor: inout Decompressor
    ) throws -> [UInt8] {
        let fence = [UInt8](repeating: 0xee, count: 100)
        let memory = Slice(copying: fence + [UInt8](repeating: 0, count: count) + fence)
        let target = memory.extracting(100..<100 + count)
        defer {
            #expect(memory.extracting(0..<100).copiedBytes() == fence)
            #expect(memory.extracting(100 + count..<200 + count).copiedBytes() == fence)
        }
        try decompressor.decompress(Slice(copying: bytes), codec: codec, into: target)
        return target.copiedBytes()
    }

    private func decompress(_ bytes: [UInt8], _ codec: Codec, count: Int) throws -> [UInt8] {
        var decompressor = Decompressor()
        return try decompress(bytes, codec, count: count, with: &decompressor)
    }

    @Test(arguments: CompressedPage.all)
    func readsWhatOthersWrite(_ page: CompressedPage) throws {
        var decompressor = Decompressor()
        // Three times: what a codec keeps must not disturb the next page, not even after a damaged one.
        for _ in 0..<3 {
            #expect(throws: Defect.self) {
                try decompress(page.bytes.dropLast(), page.codec, count: CompressedPage.text.count, with: &decompressor)
            }
            let bytes = try decompress(
                page.bytes, page.codec, count: CompressedPage.text.count, with: &decompressor)
            #expect(bytes == CompressedPage.text)
        }
    }

    @Test(arguments: CompressedPage.all)
    func refusesEveryOtherLength(_ page: CompressedPage) {
        var decompressor = Decompressor()
        for count in 0..<200 where count != CompressedPage.text.count {
            #expect(throws: Defect.self) { try decompress(page.bytes, page.codec, count: count, with: &decompressor) }
        }
    }

    @Test(arguments: CompressedPage.all)
    func refusesEveryPartOfAPage(_ page: CompressedPage) {
        var decompressor = Decompressor()
        for count in page.bytes.indices {
            for targetCount in [CompressedPage.text.count, CompressedPage.text.count + 1] {
                #expect(throws: Defect.self) {
                    try decompress(
                        Array(page.bytes[..<count]), page.codec, count: targetCount, with: &decompressor)
                }
            }
        }
    }

    @Test(arguments: CompressedPage.all)
    func refusesBytesBehindAPage(_ page: CompressedPage) {
        for rest in [[0], [0, 0, 0], [0x1f], [0x1f, 0x8b, 8], [0xff, 1, 2, 3, 4]] as [[UInt8]] {
            #expect(throws: Defect.self, "\(rest)") {
                try decompress(page.bytes + rest, page.codec, count: CompressedPage.text.count)
            }
        }
    }

    @Test(arguments: CompressedPage.all)
    func damageStaysInItsMemory(_ page: CompressedPage) {
        var random = SeededRandom(seed: 5)
        var decompressor = Decompressor()
        for _ in 0..<3000 {
            var bytes = page.bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.insert(bytes[place], at: place)
                default: bytes.removeSubrange(place..<min(place + 3, bytes.count - 1))
                }
            }
            let count = Int.random(in: 0..<8, using: &random) > 0 ? CompressedPage.text.count : 300
            _ = try? decompress(bytes, page.codec, count: count, with: &decompressor)
        }
    }

    @Test func anEmptyPageMayBeCompressed() throws {
        // The least that each encoder makes of no bytes.
        let pages: [(Codec, [UInt8])] = [
            (.snappy, [0]), (.gzip, CompressedPage.gzipNothing), (.brotli, [6]), (.lz4Raw, [0]), (.legacyLz4, [0]),
            (.legacyLz4, CompressedPage.size(0)),
            (.legacyLz4, CompressedPage.size(0) + CompressedPage.size(1) + [0]),
            (.zstd, [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00]),
        ]
        for (codec, bytes) in pages { #expect(try decompress(bytes, codec, count: 0) == []) }
    }

    @Test func hadoopMayCloseItsStreamWithAnEmptyBlock() throws {
        let block = CompressedPage.size(82) + CompressedPage.size(CompressedPage.lz4.count) + CompressedPage.lz4
        #expect(
            try decompress(block + CompressedPage.size(0), .legacyLz4, count: 82) == CompressedPage.text)
    }

    @Test func hadoopSizesAreNotBelieved() {
        let block = CompressedPage.lz4
        for (size, byteCount) in [(81, 48), (83, 48), (82, 47), (82, 49), (1 << 31, 48), (82, 0xffff_ffff), (82, 0)] {
            let bytes = CompressedPage.size(size) + CompressedPage.size(byteCount) + block
            #expect(throws: Defect.self) { try decompress(bytes, .legacyLz4, count: 82) }
        }
    }

    @Test func numbersWithoutACodecAreRefused() throws {
        let place = ParquetError.Place.file
        for number: Int32 in [0, 1, 2, 4, 5, 6, 7] { _ = try Codec(rawValue: number, at: place) }
        #expect(throws: ParquetError.unsupported("codec LZO", at: place)) { try Codec(rawValue: 3, at: place) }
        for number: Int32 in [-1, 8, .max, .min] {
            #expect(throws: ParquetError.malformed("unknown codec \(number)", at: place)) {
                try Codec(rawValue: number, at: place)
            }
        }
    }
}
