import Arrow
import Bytes
import Parquet

/// Runs a scan over a file in memory.
struct ScanDriver {
    var options = Self.standard
    /// Top-level columns; nil for all.
    var columns: [Int]?
    /// The wanted rows of some row groups.
    var rows: [Int: [Range<Int>]] = [:]
    /// Stops there: a row group without column chunks may claim any number of rows.
    var rowLimit = Int.max
    /// Bands that the columns are dealt out to.
    var bandCount = 1

    /// Every type as the file stores it.
    static let standard: ScanOptions = {
        var options = ScanOptions()
        options.keepsDictionaries = true
        return options
    }()

    struct Result {
        var schema: Schema
        var batches: [RecordBatch]

        var rowCount: Int { batches.reduce(0) { $0 + $1.rowCount } }

        /// The texts of one column over all batches.
        func values(_ column: Int) -> [String] {
            ColumnText.values(batches, schema, column: column)
        }
    }

    func metadata(_ file: [UInt8]) throws(ParquetError) -> FileMetadata {
        let size = UInt64(file.count)
        let range = try Footer.metadataRange(
            tail: file.rawSpan.extracting(last: 8), objectByteCount: size, limits: options.limits)
        return try FileMetadata(
            parsing: file.rawSpan.extracting(Int(range.offset)..<Int(range.end)), objectByteCount: size,
            limits: options.limits)
    }

    /// Reads everything; checks on the way what holds for every batch and every scan.
    func read(_ file: [UInt8]) throws(ParquetError) -> Result {
        let metadata = try metadata(file)
        let plan = try ScanPlan(
            metadata: metadata, columns: columns ?? Array(metadata.columns.indices),
            rowGroups: Array(metadata.rowGroups.indices), rows: rows, options: options)
        let pool = BlockPool(idleLimitByteCount: 64 << 20)
        let scan = Scan(plan: plan, pool: pool, bandCount: bandCount)
        var result = Result(schema: plan.schema, batches: [])
        while true {
            switch try scan.step() {
            case .needs(let part):
                // Memory of its own for each part, so that a read beyond its end is seen by the address sanitizer.
                let range = plan.parts[part]
                scan.supply(part: part, bytes: Slice(copying: Array(file[Int(range.offset)..<Int(range.end)])))
            case .working: continue
            case .produced(let batch):
                check(batch, plan)
                result.batches.append(batch)
                if result.rowCount > rowLimit { return result }
            case .finished:
                precondition(scan.releasedPartCount == plan.parts.count)
                precondition(scan.releasedByteCount == plan.parts.reduce(0) { $0 + Int($1.count) })
                precondition(result.rowCount == plan.rowCount)
                return result
            }
        }
    }

    private func nodeCount(_ field: Field) -> Int { field.type.children.reduce(1) { $0 + nodeCount($1) } }

    private func check(_ batch: RecordBatch, _ plan: ScanPlan) {
        precondition(batch.rowCount > 0)
        precondition(batch.bodyByteCount <= options.messageLimitByteCount)
        precondition(batch.nodes.count == Self.arrayCount(plan.schema.fields))
        let body = batch.body.first?.copiedBytes() ?? []
        var end = 0
        for buffer in batch.buffers {
            precondition(buffer.offset % 64 == 0)
            precondition(buffer.offset >= end)
            // Whatever lies between two buffers is sent, so it must be zero.
            precondition(body[end..<buffer.offset].allSatisfy { $0 == 0 })
            end = buffer.offset + buffer.count
        }
        precondition(body[end...].allSatisfy { $0 == 0 })
    }

    /// Of the fields and all below them.
    private static func arrayCount(_ fields: [Field]) -> Int {
        fields.reduce(0) { $0 + 1 + arrayCount($1.type.children) }
    }
}
