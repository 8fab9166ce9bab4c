import Arrow
import Bytes

@testable import Parquet

/// Whole files, read twice: cut in different ways, the bytes that come out must be the same.
enum FuzzedFile {
    static let entry = FuzzEntry(name: "whole-file", seeds: { SampleFiles.all }, run: { compare($0) })

    /// What one scan came to.
    private enum Outcome: Equatable {
        case rows(ScanDriver.Result)
        case failure(ParquetError)

        static func == (one: Outcome, other: Outcome) -> Bool {
            switch (one, other) {
            case (.failure(let one), .failure(let other)): one == other
            case (.rows(let one), .rows(let other)):
                one.batches.count == other.batches.count && zip(one.batches, other.batches).allSatisfy(isEqual)
            default: false
            }
        }

        private static func isEqual(_ one: RecordBatch, _ other: RecordBatch) -> Bool {
            one.rowCount == other.rowCount && one.nodes == other.nodes && one.buffers == other.buffers
                && one.body.map { $0.copiedBytes() } == other.body.map { $0.copiedBytes() }
                && one.dictionaries.count == other.dictionaries.count
                && zip(one.dictionaries, other.dictionaries).allSatisfy { isEqual($0.values, $1.values) }
        }
    }

    static func compare(_ file: [UInt8], batchRowCount: Int = 1000) {
        guard file.count >= 8 else { return }
        var driver = ScanDriver(rowLimit: 5000)
        driver.options.batchRowCount = batchRowCount
        driver.options.batchBodyByteCount = 64 << 10
        driver.options.messageLimitByteCount = 256 << 10
        driver.options.limits.pageByteCount = 1 << 20
        driver.options.limits.dictionaryByteCount = 1 << 20
        let whole = outcome(driver, file)
        driver.options.firstPartByteCount = 1
        driver.options.partByteCount = 50
        driver.options.mergeGapByteCount = 0
        precondition(outcome(driver, file) == whole)
        // Texts take the arrays apart by the letter of the format.
        guard case .rows(let result) = whole, (1...300).contains(result.rowCount) else { return }
        let texts = result.schema.fields.indices.map { result.values($0) }
        guard let metadata = try? driver.metadata(file), let count = metadata.rowGroups.first?.rowCount, count > 0
        else { return }
        driver.rows = [0: [0..<1]]
        let selection = outcome(driver, file)
        // Levels that contradict each other, in one leaf or in two, can mean another thing where a batch ends elsewhere.
        guard result.schema.fields.allSatisfy({ $0.type.children.isEmpty }) else { return }
        guard case .rows(let selected) = selection else { preconditionFailure("all rows can be read, some cannot") }
        for (column, all) in texts.enumerated() {
            precondition(selected.values(column) == [all[0]] + all[count...])
        }
    }

    private static func outcome(_ driver: ScanDriver, _ file: [UInt8]) -> Outcome {
        do throws(ParquetError) { return .rows(try driver.read(file)) } catch { return .failure(error) }
    }
}
