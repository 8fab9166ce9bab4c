import Bytes
import CAllocations
import Measuring
import Parquet
import Samples

/// What decoding a column asks of the allocator, told apart by what grows with what.
///
/// Files are decoded that have more of one thing than the first has: batches, pages, values, columns.
struct Counts {
    private(set) var perFile = 0.0
    /// Of a batch of one column.
    private(set) var perBatch = 0.0
    /// What each other column adds to a batch.
    private(set) var perBatchColumn = 0.0
    private(set) var perPage = 0.0
    private(set) var perValue = 0.0

    /// What one more of a thing asks for is read off this many more, so that a few requests which depend on the room that
    /// the allocator finds behind its blocks do not show.
    private static let more = 60

    /// - Parameter rows: of the smallest file.
    init(_ sample: Sample, rows: Int) throws {
        let more = Double(Self.more)
        let base = try Pass(sample, rows: rows, pages: 4, batches: 4)
        let batches = try Pass(sample, rows: rows, pages: 4, batches: 4 + Self.more)
        let pages = try Pass(sample, rows: rows, pages: 4 + Self.more, batches: 4)
        let values = try Pass(sample, rows: rows * 4, pages: 4, batches: 4)
        let wide = try Pass(sample, rows: rows, pages: 4, batches: 4, columns: 5)
        let wideBatches = try Pass(sample, rows: rows, pages: 4, batches: 4 + Self.more, columns: 5)
        perBatch = Double(batches.count - base.count) / more
        perBatchColumn = (Double(wideBatches.count - wide.count) / more - perBatch) / 4
        perPage = Double(pages.count - base.count) / more
        perValue = Double(values.count - base.count) / Double(rows * 3 * sample.valuesPerRow)
        perFile = Double(base.count) - 4 * (perBatch + perPage) - Double(rows * sample.valuesPerRow) * perValue
    }
}

/// The second time that a file is decoded: everything that is kept from then on is there.
private struct Pass {
    let count: Int

    init(_ sample: Sample, rows: Int, pages: Int, batches: Int, columns: Int = 1) throws {
        let file = ParquetFile(Slice(copying: sample.file(rows: rows, pages: pages, columns: columns).bytes()))
        var options = ScanOptions()
        options.batchRowCount = rows / batches
        let plan = try file.plan(options: options)
        let pool = BlockPool(idleLimitByteCount: 256 << 20)
        var made = 0
        try file.decode(plan, pool: pool) { _ in made += 1 }
        precondition(made == batches, "\(sample.name): \(made) batches, not \(batches)")
        let before = ca_count()
        try file.decode(plan, pool: pool) { _ in }
        count = Int(ca_count() - before)
    }
}
