/// Entries of a nested column as a page holds them.
package struct PageEntries: Sendable {
    /// Pairs of a repetition and a definition level.
    package var levels: [(repetition: Int, definition: Int)]
    package var highestRepetition: Int
    package var highestDefinition: Int

    package init(
        _ levels: [(repetition: Int, definition: Int)], highestRepetition: Int, highestDefinition: Int
    ) {
        self.levels = levels
        self.highestRepetition = highestRepetition
        self.highestDefinition = highestDefinition
    }

    /// Entries with a value.
    package var valueCount: Int { levels.count { $0.definition == highestDefinition } }

    /// A version 1 page whose levels are RLE.
    package func page1(_ values: [UInt8], encoding: Int32 = 0) -> FileBuilder.Page {
        let repetition = Encoded.levelRuns(levels.map(\.repetition), highest: highestRepetition)
        let definition = Encoded.levelRuns(levels.map(\.definition), highest: highestDefinition)
        return FileBuilder.page1(
            (highestRepetition > 0 ? Encoded.prefixed(repetition) : [])
                + (highestDefinition > 0 ? Encoded.prefixed(definition) : []) + values,
            valueCount: Int32(levels.count), encoding: encoding)
    }

    /// A version 1 page whose levels are BIT_PACKED.
    package func bitPackedPage(_ values: [UInt8], encoding: Int32 = 0) -> FileBuilder.Page {
        FileBuilder.page1(
            Encoded.bitPackedLevels(levels.map(\.repetition), highest: highestRepetition)
                + Encoded.bitPackedLevels(levels.map(\.definition), highest: highestDefinition) + values,
            valueCount: Int32(levels.count), encoding: encoding, levelEncoding: 4)
    }

    /// A version 2 page.
    package func page2(_ values: [UInt8], encoding: Int32 = 0) -> FileBuilder.Page {
        FileBuilder.page2(
            repetition: Encoded.levelRuns(levels.map(\.repetition), highest: highestRepetition),
            levels: Encoded.levelRuns(levels.map(\.definition), highest: highestDefinition), values,
            valueCount: Int32(levels.count), encoding: encoding)
    }
}

extension Encoded {
    /// Bits of a level up to `highest`.
    package static func bitWidth(_ highest: Int) -> Int { Int.bitWidth - highest.leadingZeroBitCount }

    /// Bytes behind their length in four bytes.
    package static func prefixed(_ bytes: [UInt8]) -> [UInt8] { int32([Int32(bytes.count)]) + bytes }

    /// Levels as one packed run; nothing where none is above 0.
    package static func levelRuns(_ levels: [Int], highest: Int) -> [UInt8] {
        highest > 0 ? packed(levels.map { UInt32($0) }, bitWidth: bitWidth(highest)) : []
    }

    /// Levels in the deprecated encoding: no runs, the highest bit first.
    package static func bitPackedLevels(_ levels: [Int], highest: Int) -> [UInt8] {
        let bitWidth = bitWidth(highest)
        var bytes = [UInt8](repeating: 0, count: (levels.count * bitWidth + 7) / 8)
        for (index, level) in levels.enumerated() {
            for bit in 0..<bitWidth where level >> (bitWidth - 1 - bit) & 1 == 1 {
                let position = index * bitWidth + bit
                bytes[position / 8] |= 0x80 >> (position % 8)
            }
        }
        return bytes
    }
}
