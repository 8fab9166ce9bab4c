/// A column whose decoding is a question of its own; files of it are made in any size.
public struct Sample: Sendable {
    public let name: String
    /// Entries of a row on average, so that the cost of one can be told.
    public let valuesPerRow: Int
    private let column: @Sendable (_ rows: Int, _ pages: Int) -> SampleFile.Column

    /// A file of this column.
    ///
    /// - Parameters:
    ///   - pages: data pages, of equal size.
    ///   - columns: how many times the column is there.
    public func file(rows: Int, pages: Int, columns: Int = 1) -> SampleFile {
        precondition(rows % pages == 0)
        return SampleFile(rowCount: rows, columns: Array(repeating: column(rows, pages), count: columns))
    }

    init(
        _ name: String, valuesPerRow: Int = 1,
        column: @escaping @Sendable (_ rows: Int, _ pages: Int) -> SampleFile.Column
    ) {
        self.name = name
        self.valuesPerRow = valuesPerRow
        self.column = column
    }
}

/// Cuts values into pages.
func cut<Values: RandomAccessCollection>(_ values: Values, pages: Int, _ page: (Values.SubSequence) -> SampleFile.Page)
    -> [SampleFile.Page]
{
    let count = values.count / pages
    return (0..<pages).map { number in page(values.dropFirst(number * count).prefix(count)) }
}

extension Sample {
    /// Fixed-width values in one encoding.
    static func fixed(
        _ name: String, _ physical: SampleFile.Physical, _ encoding: SampleFile.Encoding,
        typeLength: Int? = nil, precision: Int? = nil, compression: Compression = .none,
        _ body: @escaping @Sendable (ArraySlice<UInt64>) -> [UInt8],
        values: @escaping @Sendable (inout SeededNumbers, Int) -> [UInt64]
    ) -> Sample {
        Sample(name) { rows, pages in
            var numbers = SeededNumbers(seed: 1)
            var column = SampleFile.Column("c", physical)
            (column.typeLength, column.precision, column.compression) = (typeLength, precision, compression)
            column.pages = cut(values(&numbers, rows), pages: pages) { .init(body($0), $0.count, encoding) }
            return column
        }
    }

    /// Texts in one encoding.
    static func text(
        _ name: String, words: ClosedRange<Int>, _ encoding: SampleFile.Encoding, sorted: Bool = false,
        _ body: @escaping @Sendable ([[UInt8]]) -> [UInt8]
    ) -> Sample {
        Sample(name) { rows, pages in
            var numbers = SeededNumbers(seed: 2)
            var texts = numbers.texts(rows, words: words)
            if sorted { texts.sort { $0.lexicographicallyPrecedes($1) } }
            var column = SampleFile.Column("c", .bytes)
            column.isText = true
            column.pages = cut(texts, pages: pages) { .init(body(Array($0)), $0.count, encoding) }
            return column
        }
    }

    /// A dictionary page and pages of indices of 10 bits.
    static func dictionary(
        _ name: String, _ physical: SampleFile.Physical, _ entries: @escaping @Sendable (Int) -> [UInt8]
    ) -> Sample {
        Sample(name) { rows, pages in
            var numbers = SeededNumbers(seed: 3)
            var column = SampleFile.Column("c", physical)
            column.isText = physical == .bytes
            column.pages = [.init(entries(1000), 1000, .plain, isDictionary: true)]
            column.pages += cut(numbers.numbers(rows, below: 1000), pages: pages) {
                .init(Encodings.indices(Array($0), width: 10), $0.count, .dictionary)
            }
            return column
        }
    }

    /// Plain values of which a share is null.
    static func nulls(_ name: String, percent: UInt64) -> Sample {
        Sample(name) { rows, pages in
            var numbers = SeededNumbers(seed: 4)
            var column = SampleFile.Column("c", .int64)
            column.isOptional = true
            column.pages = cut(numbers.numbers(rows, below: 100), pages: pages) { shares in
                let levels: [UInt64] = shares.map { $0 < percent ? 0 : 1 }
                let values = numbers.numbers(levels.count { $0 == 1 }, below: .max)
                return .init(
                    Encodings.levels(levels, most: 1) + Encodings.plain(values, byteWidth: 8), shares.count, .plain)
            }
            return column
        }
    }

    /// Lists of 3 values on average.
    static func lists(_ name: String) -> Sample {
        Sample(name, valuesPerRow: 3) { rows, pages in
            var numbers = SeededNumbers(seed: 5)
            var column = SampleFile.Column("c", .int64)
            (column.isList, column.isOptional) = (true, true)
            column.pages = cut(0..<rows, pages: pages) { rows in
                // 1 to 5 values, in turn, so that pages and files of other sizes hold the same on average.
                let counts = rows.map { $0 % 5 + 1 }
                let repetitions: [UInt64] = counts.flatMap { [0] + Array(repeating: 1, count: $0 - 1) }
                let levels =
                    Encodings.levels(repetitions, most: 1)
                    + Encodings.levels(repetitions.map { _ in 3 }, most: 3)
                let values = numbers.numbers(repetitions.count, below: .max)
                return .init(levels + Encodings.plain(values, byteWidth: 8), repetitions.count, .plain)
            }
            return column
        }
    }
}
