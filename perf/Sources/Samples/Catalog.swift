extension Sample {
    /// All columns, one for each way that values are kept.
    public static let all: [Sample] =
        [
            fixed("plain int64", .int64, .plain, plain(8), values: anything),
            fixed("booleans", .boolean, .plain, { Bits.packed($0, width: 1) }, values: below(2)),
            dictionary("dictionary int64", .int64) { count in
                Encodings.plain((0..<UInt64(count)).map { $0 &* 0x9e37_79b9_7f4a_7c15 }, byteWidth: 8)
            },
            nulls("10 % nulls int64", percent: 10),
            nulls("50 % nulls int64", percent: 50),
            text("plain strings", words: 1...6, .plain) { Encodings.plain($0) },
            dictionary("dictionary strings", .bytes) { count in
                var numbers = SeededNumbers(seed: 6)
                return Encodings.plain(numbers.texts(count, words: 1...2))
            },
            fixed("delta int32", .int32, .delta, { delta($0, bitWidth: 32) }, values: rising),
            fixed("delta int64", .int64, .delta, { delta($0, bitWidth: 64) }, values: rising),
            text("delta length strings", words: 1...6, .deltaLength) { Encodings.deltaLength($0) },
            text("delta strings", words: 1...6, .deltaText, sorted: true) { Encodings.deltaText($0) },
            fixed("split double", .double, .split, { Encodings.split(plain(8)($0), byteWidth: 8) }, values: anything),
            fixed(
                "decimals in 7 bytes", .fixed, .plain, typeLength: 7, precision: 15, plain(7), values: below(1 << 48)),
            lists("lists of int64"),
        ]
        + Compression.allCases.filter { $0 != .none }.map { codec in
            // Prices: half of the bytes are zero.
            fixed("\(codec) int64", .int64, .plain, compression: codec, plain(8), values: below(10_000_000))
        }

    private static func plain(_ byteWidth: Int) -> @Sendable (ArraySlice<UInt64>) -> [UInt8] {
        { Encodings.plain(Array($0), byteWidth: byteWidth) }
    }

    private static func delta(_ values: ArraySlice<UInt64>, bitWidth: Int) -> [UInt8] {
        Encodings.delta(values.map { Int64($0) }, bitWidth: bitWidth)
    }

    private static func below(_ limit: UInt64) -> @Sendable (inout SeededNumbers, Int) -> [UInt64] {
        { $0.numbers($1, below: limit) }
    }

    private static let anything = below(.max)

    /// Each at most 1000 more than the one before, as times and keys are.
    private static let rising: @Sendable (inout SeededNumbers, Int) -> [UInt64] = { numbers, count in
        var sum: UInt64 = 0
        return numbers.numbers(count, below: 1000).map { step in
            sum = (sum + step) % (1 << 31)
            return sum
        }
    }
}
