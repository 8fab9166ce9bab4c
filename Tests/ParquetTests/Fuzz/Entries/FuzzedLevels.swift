import Arrow
import Bytes
import ParquetFixtures

@testable import Parquet

/// Levels of nested columns in each of their three forms; the values never run out.
///
/// - Shape: column, form, entries, rows, length of the repetition levels: one byte each; then for each leaf, in equal
///   shares, repetition and definition levels.
enum FuzzedLevels {
    static let entry = FuzzEntry(name: "levels", seeds: seeds, run: run)

    private static func run(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let sample = input.choose(NestedSamples.all)
        let form = input.byte()
        let entryCount = max(1, Int(input.byte()))
        let rowCount = 1 + Int(input.byte()) % entryCount
        let repetitionByteCount = Int(input.byte())
        let levels = input.rest()
        let share = levels.count / sample.leaves.count
        var pages: [[FileBuilder.Page]] = []
        for (index, leaf) in sample.leaves.enumerated() {
            let own = levels[index * share..<(index + 1) * share]
            let repetition = leaf.entries.highestRepetition > 0 ? Array(own.prefix(repetitionByteCount)) : []
            let definition = Array(own.dropFirst(repetition.count))
            pages.append(page(form, entryCount, repetition, definition, leaf.entries))
        }
        var file = FileBuilder(columns: [sample.column], rowGroups: [(Int64(rowCount), pages)])
        if let hint = sample.hint {
            let field = Field(name: sample.column.name, type: hint, isNullable: true)
            file.keyValues = [(StoredSchemaText.key, StoredSchemaText.text([field]))]
        }
        FuzzedFile.compare(file.bytes(), batchRowCount: form & 8 == 8 ? 3 : 1000)
    }

    private static func page(
        _ form: UInt8, _ entryCount: Int, _ repetition: [UInt8], _ definition: [UInt8], _ entries: PageEntries
    ) -> [FileBuilder.Page] {
        // One entry that is named for ever: 2^30 indices of no bits.
        let dictionary = FileBuilder.dictionary([1, 0, 0, 0, 0x61, 0, 0, 0], valueCount: 1)
        let values = [0] + Encoded.run(0, count: 1 << 30, bitWidth: 0)
        let count = Int32(entryCount)
        let hasRepetition = entries.highestRepetition > 0
        switch form % 3 {
        case 0:
            let body =
                (hasRepetition ? Encoded.prefixed(repetition) : []) + Encoded.prefixed(definition) + values
            return [dictionary, FileBuilder.page1(body, valueCount: count, encoding: 8)]
        case 1:
            return [
                dictionary,
                FileBuilder.page1(repetition + definition + values, valueCount: count, encoding: 8, levelEncoding: 4),
            ]
        default:
            return [
                dictionary,
                FileBuilder.page2(
                    repetition: repetition, levels: definition, values, valueCount: count, encoding: 8),
            ]
        }
    }

    private static func seeds() -> [[UInt8]] {
        NestedSamples.all.enumerated().flatMap { index, sample in
            (0..<3).map { form in
                let parts = sample.leaves.map { leaf -> [UInt8] in
                    let (entries, levels) = (leaf.entries, leaf.entries.levels)
                    let encode = form == 1 ? Encoded.bitPackedLevels : Encoded.levelRuns
                    return encode(levels.map(\.repetition), entries.highestRepetition)
                        + encode(levels.map(\.definition), entries.highestDefinition)
                }
                let entries = sample.leaves[0].entries
                let encode = form == 1 ? Encoded.bitPackedLevels : Encoded.levelRuns
                let repetition = encode(entries.levels.map(\.repetition), entries.highestRepetition)
                return [UInt8(index), UInt8(form), UInt8(entries.levels.count), 4, UInt8(repetition.count)]
                    + parts.flatMap(\.self)
            }
        }
    }
}
