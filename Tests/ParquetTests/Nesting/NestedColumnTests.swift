import Arrow
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("Nested columns")
struct NestedColumnTests {
    private func file(_ sample: NestedSample, _ pages: [[FileBuilder.Page]]) -> [UInt8] {
        var file = FileBuilder(columns: [sample.column], rowGroups: [(5, pages)])
        if let hint = sample.hint {
            let field = Field(name: sample.column.name, type: hint, isNullable: true)
            file.keyValues = [(StoredSchemaText.key, StoredSchemaText.text([field]))]
        }
        return file.bytes()
    }

    private func read(
        _ sample: NestedSample, _ pages: [[FileBuilder.Page]], options: ScanOptions = ScanDriver.standard
    ) throws(ParquetError) -> [String] {
        try ScanDriver(options: options).read(file(sample, pages)).values(0)
    }

    @Test(arguments: NestedSamples.all.indices)
    func levelsOfEveryFormBecomeLists(_ index: Int) throws {
        let sample = NestedSamples.all[index]
        #expect(try read(sample, sample.leaves.map { [$0.entries.page1($0.values)] }) == sample.texts)
        #expect(try read(sample, sample.leaves.map { [$0.entries.page2($0.values)] }) == sample.texts)
        #expect(try read(sample, sample.leaves.map { [$0.entries.bitPackedPage($0.values)] }) == sample.texts)
    }

    @Test(arguments: NestedSamples.all.indices)
    func batchesMayEndBehindAnyRow(_ index: Int) throws {
        let sample = NestedSamples.all[index]
        var options = ScanDriver.standard
        for rowCount in 1...6 {
            options.batchRowCount = rowCount
            #expect(
                try read(sample, sample.leaves.map { [$0.entries.page1($0.values)] }, options: options)
                    == sample.texts)
        }
        for byteCount in [1, 65, 200, 400, 700, 1000] {
            options.batchBodyByteCount = byteCount
            #expect(
                try read(sample, sample.leaves.map { [$0.entries.page1($0.values)] }, options: options)
                    == sample.texts)
        }
    }

    @Test(arguments: NestedSamples.all.indices)
    func anyRowsMayBeSelected(_ index: Int) throws {
        let sample = NestedSamples.all[index]
        let bytes = file(sample, sample.leaves.map { [$0.entries.page1($0.values)] })
        for first in 0..<5 {
            for end in first + 1...5 {
                let driver = ScanDriver(rows: [0: [first..<end]])
                #expect(try driver.read(bytes).values(0) == Array(sample.texts[first..<end]))
            }
        }
    }

    /// In version 1 a page may begin in the middle of a row.
    @Test(arguments: NestedSamples.all.indices)
    func rowsMayStraddlePages(_ index: Int) throws {
        let sample = NestedSamples.all[index]
        let longest = sample.leaves.map(\.entries.levels.count).max()!
        for cut in 0...longest {
            let pages = sample.leaves.map { leaf in Self.pages(leaf.entries, leaf.values, cut: cut) }
            var options = ScanDriver.standard
            for rowCount in [1, 2, 5] {
                options.batchRowCount = rowCount
                #expect(try read(sample, pages, options: options) == sample.texts)
            }
        }
    }

    @Test(arguments: NestedSamples.all.indices)
    func partsOfOneByteGiveTheSame(_ index: Int) throws {
        let sample = NestedSamples.all[index]
        var options = ScanDriver.standard
        options.firstPartByteCount = 1
        options.partByteCount = 1
        #expect(
            try read(sample, sample.leaves.map { [$0.entries.page1($0.values)] }, options: options) == sample.texts)
    }

    @Test(arguments: NestedSamples.all.indices)
    func aCutPageIsAnError(_ index: Int) throws {
        let sample = NestedSamples.all[index]
        let bodies = sample.leaves.map { leaf -> ([UInt8], Int32) in
            let (entries, levels) = (leaf.entries, leaf.entries.levels)
            let repetition = Encoded.levelRuns(levels.map(\.repetition), highest: entries.highestRepetition)
            let definition = Encoded.levelRuns(levels.map(\.definition), highest: entries.highestDefinition)
            return (
                (repetition.isEmpty ? [] : Encoded.prefixed(repetition)) + Encoded.prefixed(definition) + leaf.values,
                Int32(levels.count)
            )
        }
        for leaf in bodies.indices {
            for count in bodies[leaf].0.indices {
                let pages = bodies.indices.map { other in
                    let body = other == leaf ? Array(bodies[leaf].0[..<count]) : bodies[other].0
                    return [FileBuilder.page1(body, valueCount: bodies[other].1)]
                }
                #expect(throws: ParquetError.self) { try read(sample, pages) }
            }
        }
    }

    private static func pages(_ entries: PageEntries, _ values: [UInt8], cut: Int) -> [FileBuilder.Page] {
        var first = entries
        var second = entries
        first.levels = Array(entries.levels.prefix(cut))
        second.levels = Array(entries.levels.dropFirst(cut))
        // A flag has one bit: those samples are cut at whole bytes only.
        let byteCount = entries.valueCount > 0 ? values.count / entries.valueCount : 0
        guard byteCount > 0, values.count % entries.valueCount == 0 else { return [entries.page1(values)] }
        let split = first.valueCount * byteCount
        return [first.page1(Array(values[..<split])), second.page1(Array(values[split...]))]
    }
}
