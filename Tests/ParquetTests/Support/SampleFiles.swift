import Arrow
import ParquetFixtures

/// Small good files that together have every column kind, encoding, codec, page version and kind of levels.
enum SampleFiles {
    /// Flat columns: both page versions, a dictionary that gives way to plain pages, two codecs.
    static let flat: [UInt8] = {
        let valid = (0..<24).map { $0 % 3 != 1 }
        let levels = Encoded.levels(valid)
        let count = valid.filter(\.self).count
        let words = (0..<count).map { ["a", "bb", "é", "dddd"][$0 % 4] }
        let indices = [UInt8(2)] + Encoded.packed((0..<UInt32(count)).map { $0 % 4 }, bitWidth: 2)
        let dictionary = Encoded.strings(["a", "bb", "é", "a longer string than most"])
        let numbers = Encoded.int32((0..<Int32(24)).map { $0 * 7 - 5 })
        let half = Array(numbers[..<48])
        let flags = Encoded.run(1, count: 9, bitWidth: 1) + Encoded.packed((0..<15).map { $0 % 2 }, bitWidth: 1)
        var snappy = FileBuilder.Column(name: "snappy", physicalType: 1, convertedType: 16)
        snappy.codec = 1
        var zstd = FileBuilder.Column(name: "zstd", physicalType: 2, convertedType: 5, scale: 2, precision: 15)
        zstd.codec = 6
        let wide = Encoded.int64((0..<24).map { Int64($0) << 40 })
        let file = FileBuilder(
            columns: [
                FileBuilder.Column(name: "text", physicalType: 6, isOptional: true, convertedType: 0, fieldID: 3),
                FileBuilder.Column(name: "flag", physicalType: 0), snappy, zstd,
                FileBuilder.Column(name: "money", physicalType: 6, convertedType: 5, scale: 2, precision: 20),
                FileBuilder.Column(name: "id", physicalType: 7, typeLength: 16, isOptional: true),
                FileBuilder.Column(name: "old", physicalType: 3),
            ],
            rowGroups: [
                (
                    48,
                    [
                        [
                            FileBuilder.dictionary(dictionary, valueCount: 4),
                            FileBuilder.page1(levels + indices, valueCount: 24, encoding: 8),
                            FileBuilder.page2(levels: Array(levels[4...]), Encoded.strings(words), valueCount: 24),
                        ],
                        [
                            FileBuilder.page1([1, 2, 3], valueCount: 24),
                            FileBuilder.page1(Encoded.int32([Int32(flags.count)]) + flags, valueCount: 24, encoding: 3),
                        ],
                        (0..<4).map { _ in
                            FileBuilder.page1(half, stored: Encoded.snappy(half), valueCount: 12)
                        },
                        (0..<2).map { _ in FileBuilder.page1(wide, stored: Encoded.zstd(wide), valueCount: 24) },
                        [
                            FileBuilder.page1(
                                (0..<48).flatMap { [3, 0, 0, 0, UInt8($0), 1, 2] }, valueCount: 48)
                        ],
                        [
                            FileBuilder.page1(
                                levels + [UInt8](repeating: 9, count: 16 * count), valueCount: 24),
                            FileBuilder.page1(Encoded.levels(Array(repeating: false, count: 24)), valueCount: 24),
                        ],
                        [
                            FileBuilder.dictionary([UInt8](repeating: 5, count: 24), valueCount: 2),
                            FileBuilder.page1(
                                [1] + Encoded.run(1, count: 48, bitWidth: 1), valueCount: 48, encoding: 2),
                        ],
                    ]
                )
            ])
        return file.bytes()
    }()

    /// Every encoding of `Encodings.md` on each of the types it is for.
    static let encodings: [UInt8] = {
        let numbers = (0..<40).map { Int64($0 * $0) - 300 }
        let words = (0..<40).map { Array("word \($0 / 3)".utf8) }
        let decimals = (0..<40).map { [UInt8(0), 1, UInt8($0)] }
        let bytes = [UInt8](0..<160)
        func page(_ encoding: Int32, _ body: [UInt8]) -> [FileBuilder.Page] {
            [FileBuilder.page1(body, valueCount: 40, encoding: encoding)]
        }
        let chunks: [(FileBuilder.Column, [FileBuilder.Page])] = [
            (.init(name: "deltas", physicalType: 1), page(5, Encoded.deltas(numbers, is32Bit: true))),
            (.init(name: "wide deltas", physicalType: 2), page(5, Encoded.deltas(numbers))),
            (.init(name: "lengths", physicalType: 6, convertedType: 0), page(6, Encoded.deltaLengths(words))),
            (.init(name: "prefixes", physicalType: 6), page(7, Encoded.deltaStrings(words))),
            (
                .init(name: "fixed prefixes", physicalType: 7, typeLength: 3), page(7, Encoded.deltaStrings(decimals))
            ),
            (
                .init(name: "decimal lengths", physicalType: 6, convertedType: 5, scale: 1, precision: 9),
                page(6, Encoded.deltaLengths(decimals))
            ),
            (
                .init(name: "decimal prefixes", physicalType: 6, convertedType: 5, scale: 1, precision: 50),
                page(7, Encoded.deltaStrings(decimals))
            ),
            (.init(name: "floats", physicalType: 4), page(9, Encoded.split(bytes, byteWidth: 4))),
            (.init(name: "doubles", physicalType: 5), page(9, Encoded.split(bytes + bytes, byteWidth: 8))),
            (.init(name: "numbers", physicalType: 1), page(9, Encoded.split(bytes, byteWidth: 4))),
            (
                .init(name: "decimals", physicalType: 7, typeLength: 4, convertedType: 5, scale: 0, precision: 9),
                page(9, Encoded.split(bytes, byteWidth: 4))
            ),
            (
                .init(name: "flags", physicalType: 0),
                page(3, Encoded.prefixed(Encoded.run(1, count: 40, bitWidth: 1)))
            ),
        ]
        return FileBuilder(columns: chunks.map(\.0), rowGroups: [(40, chunks.map(\.1))]).bytes()
    }()

    /// The same numbers in every codec.
    static let codecs: [UInt8] = {
        let body = Encoded.int32(Array(0..<40))
        let codecs: [Int32] = [0, 1, 2, 4, 5, 6, 7]
        return FileBuilder(
            columns: codecs.map { FileBuilder.Column(name: "codec \($0)", codec: $0) },
            rowGroups: [
                (
                    80,
                    codecs.map { codec in
                        let stored = Encoded.stored(body, codec: codec)
                        return [
                            FileBuilder.page1(body, stored: stored, valueCount: 40),
                            FileBuilder.page2(levels: [], body, stored: stored, valueCount: 40),
                        ]
                    }
                )
            ]
        ).bytes()
    }()

    static let all = [flat, encodings, codecs, NestedSamples.file]
}
