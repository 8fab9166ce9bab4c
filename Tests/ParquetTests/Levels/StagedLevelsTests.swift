import Bytes
import ParquetFixtures
import Randomness
import Testing

@testable import Parquet

@Suite("Staged levels")
struct StagedLevelsTests {
    private func staged(_ maxRepetition: Int, _ maxDefinition: Int) -> StagedLevels {
        let leaf = Leaf(
            index: 0, path: "c", physicalType: .int32, typeLength: 0, maxRepetition: maxRepetition,
            maxDefinition: maxDefinition, values: .fixedWidth(.copy(byteWidth: 4)))
        return StagedLevels(leaf: leaf, pool: BlockPool(idleLimitByteCount: 0))
    }

    private func runs(_ levels: [Int], _ highest: Int) -> HybridRuns? {
        guard highest > 0 else { return nil }
        let bytes = Slice(copying: Encoded.levelRuns(levels, highest: highest))
        return HybridRuns(bytes, bitWidth: Encoded.bitWidth(highest))
    }

    @Test func aRowBeginsWhereTheRepetitionIsZero() throws {
        let (repetition, definition) = ([0, 1, 1, 0, 0, 1], [3, 2, 3, 0, 3, 3])
        var levels = staged(1, 3)
        var (r, d) = (runs(repetition, 1), runs(definition, 3))
        #expect(try levels.append(4, &r, &d) == 2)
        #expect(levels.rowCount == 2)
        #expect(try levels.append(2, &r, &d) == 2)
        #expect(levels.rowCount == 3)
        #expect((0...3).map { levels.entryCount(ofRows: $0) } == [0, 3, 4, 6])
        #expect(levels.repetition.copiedBytes() == repetition.map { UInt8($0) })
        #expect(levels.definition.copiedBytes() == definition.map { UInt8($0) })
        levels.removeFirst(entries: 3, rows: 1)
        #expect(levels.repetition.copiedBytes() == [0, 0, 1])
        #expect(levels.definition.copiedBytes() == [0, 3, 3])
        #expect((0...2).map { levels.entryCount(ofRows: $0) } == [0, 1, 3])
        levels.removeAll()
        #expect(levels.entryCount == 0)
        #expect(levels.rowCount == 0)
    }

    @Test func withoutRepetitionEveryEntryIsARow() throws {
        var levels = staged(0, 2)
        var (r, d) = (nil as HybridRuns?, runs([2, 1, 0, 2], 2))
        #expect(try levels.append(4, &r, &d) == 2)
        #expect(levels.rowCount == 4)
        #expect(levels.entryCount(ofRows: 3) == 3)
        #expect(levels.repetition.count == 0)
        #expect(levels.definition.copiedBytes() == [2, 1, 0, 2])
    }

    @Test func withoutLevelsEveryEntryIsAValue() throws {
        var levels = staged(0, 0)
        var (r, d) = (nil as HybridRuns?, nil as HybridRuns?)
        #expect(try levels.append(5, &r, &d) == 5)
        #expect(levels.definition.copiedBytes() == [0, 0, 0, 0, 0])
    }

    /// More levels than the first room has, of every highest level, in pieces of any size.
    @Test(arguments: [1, 2, 3, 7, 8, 63, 64, 201])
    func levelsGrowBeyondTheirRoom(_ highest: Int) throws {
        var random = SeededRandom(seed: UInt64(highest))
        let repetition = [0] + (1..<70_000).map { _ in Int.random(in: 0...highest, using: &random) }
        let definition = (0..<70_000).map { _ in Int.random(in: 0...highest, using: &random) }
        var levels = staged(highest, highest)
        var (r, d) = (runs(repetition, highest), runs(definition, highest))
        var valueCount = 0
        for count in [1, 7, 8192, 3, 30_000, 31_797] { valueCount += try levels.append(count, &r, &d) }
        #expect(levels.repetition.copiedBytes() == repetition.map { UInt8($0) })
        #expect(levels.definition.copiedBytes() == definition.map { UInt8($0) })
        #expect(valueCount == definition.count { $0 == highest })
        #expect(levels.rowCount == repetition.count { $0 == 0 })
        let rows = levels.rowCount / 2
        #expect(repetition[..<levels.entryCount(ofRows: rows)].count { $0 == 0 } == rows)
        #expect(repetition[levels.entryCount(ofRows: rows)] == 0)
    }

    struct Lie: Sendable {
        let repetition: [UInt8]
        let definition: [UInt8]
        let message: String
    }

    /// Three entries of levels up to 1 and up to 2.
    static let lies = [
        Lie(repetition: [3, 0b110], definition: [6], message: "a run ends early"),
        Lie(repetition: [3, 0b110], definition: [2, 1], message: "the definition levels end early"),
        Lie(repetition: [3, 0b110], definition: [6, 3], message: "a definition level is larger than 2"),
        Lie(repetition: [3, 0b110], definition: [3, 0b110101, 0], message: "a definition level is larger than 2"),
        Lie(repetition: [2, 0], definition: [6, 2], message: "the repetition levels end early"),
        Lie(repetition: [], definition: [6, 2], message: "the repetition levels end early"),
        Lie(repetition: [6, 2], definition: [6, 2], message: "a repetition level is larger than 1"),
        Lie(repetition: [3, 0b111], definition: [6, 2], message: "the first row begins in its middle"),
        Lie(repetition: [0xff, 0xff, 0xff, 0xff, 0x7f], definition: [6, 2], message: "a run head is too large"),
    ]

    @Test(arguments: lies.indices)
    func refuses(_ index: Int) {
        let lie = Self.lies[index]
        var levels = staged(1, 2)
        var r: HybridRuns? = HybridRuns(Slice(copying: lie.repetition), bitWidth: 1)
        var d: HybridRuns? = HybridRuns(Slice(copying: lie.definition), bitWidth: 2)
        #expect(throws: Defect(lie.message)) { try levels.append(3, &r, &d) }
    }
}
