import Testing

@testable import Parquet

/// One text as other implementations compress it.
struct CompressedPage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let codec: Codec
    let bytes: [UInt8]

    init(_ name: String, _ codec: Codec, _ bytes: [UInt8]) {
        testDescription = name
        self.codec = codec
        self.bytes = bytes
    }

    /// What each of them holds; some in two parts.
    static let text = Array(
        "one page, two pages, three pages, one page, two pages, three pages, and one column".utf8)
    static let firstPartByteCount = 44

    static let all = [
        CompressedPage("snappy", .snappy, snappy),
        CompressedPage("one gzip member", .gzip, gzip),
        CompressedPage("two gzip members", .gzip, gzipParts[0] + gzipParts[1]),
        CompressedPage(
            "gzip members of nothing before others", .gzip,
            gzipNothing + gzipParts[0] + gzipNothing + gzipNothing + gzipParts[1]),
        CompressedPage("brotli", .brotli, brotli),
        CompressedPage("one zstd frame", .zstd, zstd),
        CompressedPage("two zstd frames", .zstd, zstdParts[0] + zstdParts[1]),
        CompressedPage("LZ4_RAW", .lz4Raw, lz4),
        CompressedPage("LZ4, bare", .legacyLz4, lz4),
        CompressedPage("LZ4, one frame", .legacyLz4, lz4Frame),
        CompressedPage("LZ4, two frames", .legacyLz4, lz4FrameParts[0] + lz4FrameParts[1]),
        CompressedPage("LZ4, a frame of linked blocks", .legacyLz4, lz4LinkedFrame),
        CompressedPage("LZ4, a Hadoop block", .legacyLz4, size(82) + size(lz4.count) + lz4),
        CompressedPage(
            "LZ4, two Hadoop blocks", .legacyLz4,
            size(44) + size(lz4Parts[0].count) + lz4Parts[0] + size(38) + size(lz4Parts[1].count) + lz4Parts[1]),
        CompressedPage(
            "LZ4, two Hadoop blocks of one size", .legacyLz4,
            size(82) + size(lz4Parts[0].count) + lz4Parts[0] + size(lz4Parts[1].count) + lz4Parts[1]),
    ]

    /// Four bytes, big-endian.
    static func size(_ count: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } }

    // By pyarrow's codecs: `pyarrow.Codec(name).compress(text)`.

    static let snappy = unhex(
        "52306f6e6520706167652c2074776f050a18732c2074687265091708732c2086220034616e64206f6e6520636f6c756d6e")
    static let brotli = unhex(
        "1b510000446f78bdebf73ecae24228b001072e49c0fb64330d93c32b317fec5712ad4ec17dcda531a463154d2b3905")
    static let zstd = unhex(
        "28b52ffd20527d010004026f6e6520706167652c2074776f732c2074687265732c20616e64636f6c756d6e040049"
            + "09a32837748ed1ab7c01")
    static let zstdParts = [
        unhex(
            "28b52ffd202c6101006f6e6520706167652c2074776f2070616765732c2074687265652070616765732c206f6e65"
                + "20706167652c20"),
        unhex("28b52ffd202631010074776f2070616765732c2074687265652070616765732c20616e64206f6e6520636f6c756d6e"),
    ]
    static let lz4 = unhex(
        "d16f6e6520706167652c2074776f0a0072732c207468726517003f732c2022000fe0616e64206f6e6520636f6c756d6e")
    static let lz4Parts = [
        unhex("d16f6e6520706167652c2074776f0a0072732c20746872651700d0732c206f6e6520706167652c20"),
        unhex("f40174776f2070616765732c2074687265650d00e0616e64206f6e6520636f6c756d6e"),
    ]
    // Magic, flags, header checksum, the block behind its size, end mark.
    static let lz4Frame = unhex("04224d18604082") + unhex("30000000") + lz4 + unhex("00000000")
    static let lz4FrameParts = [
        unhex("04224d18604082") + unhex("28000000") + lz4Parts[0] + unhex("00000000"),
        unhex("04224d18604082") + unhex("23000000") + lz4Parts[1] + unhex("00000000"),
    ]

    // By `lz4 -9 -B32 -BD -BX --content-size`: three blocks that refer to those before, each with a checksum.
    static let lz4LinkedFrame = unhex(
        "04224d185c405200000000000000121f000000d16f6e6520706167652c2074776f0a00e0732c207468726565207061676573344129d0"
            + "0c0000002f2c20220006506520706167aefbbf561200008065732c20616e64206f6e6520636f6c756d6ed544293f00000000"
            + "3d99022b")

    // By Python's zlib: `compressobj(9, DEFLATED, 31)`.
    static let gzip = unhex(
        "1f8b0800000000000203cbcf4b5528484c4fd5512829cf07b38a81cc8ca2d45418279fa08ac4bc14b0aae4fc9cd2dc3c00"
            + "def0ca5652000000")
    static let gzipNothing = unhex("1f8b080000000000020303000000000000000000")
    static let gzipParts = [
        // Extra field, name, comment and a checksum of the header in front.
        unhex(
            "1f8b081e00000000020306004142020078796e616d65006e6f7465008e5bcbcf4b5528484c4fd5512829cf07b38a81cc8ca2d454"
                + "18271fae02004420480d2c000000"),
        unhex(
            "1f8b08000000000002032b29cf5728484c4f2dd65128c9284a4d857112f35214f2f3521592f3734a73f3002ba25cbc26000000"),
    ]

    /// The bytes that hexadecimal digits stand for.
    private static func unhex(_ digits: String) -> [UInt8] {
        let values = digits.utf8.map { $0 < 0x60 ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}
