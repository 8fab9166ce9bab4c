public import Arrow
public import Bytes
import Glibc
public import Parquet

/// A Parquet file that lies in memory.
public struct ParquetFile {
    public let slice: Slice

    public init(_ slice: Slice) { self.slice = slice }

    /// Reads a file; ends the process when that fails.
    public init(path: String) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { fatalError("cannot open \(path)") }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        let block = Block.allocate(capacity: max(size, 1))
        var done = 0
        while done < size {
            let count = pread(descriptor, block.base + done, size - done, off_t(done))
            guard count > 0 else { fatalError("cannot read \(path)") }
            done += count
        }
        self.init(block.slice(0, count: size))
    }

    /// What the footer says.
    public func metadata() throws -> FileMetadata {
        let size = UInt64(slice.count)
        let tail = slice.extracting(slice.count - Footer.tailByteCount..<slice.count)
        let range = try Footer.metadataRange(tail: tail.bytes, objectByteCount: size)
        let footer = slice.extracting(Int(range.offset)..<Int(range.end))
        return try FileMetadata(parsing: footer.bytes, objectByteCount: size)
    }

    /// A plan of all row groups.
    ///
    /// - Parameter names: the columns, nil for all.
    public func plan(columns names: [String]? = nil, options: ScanOptions = ScanOptions()) throws -> ScanPlan {
        let metadata = try metadata()
        let columns = metadata.columns.indices.filter { names?.contains(metadata.columns[$0].name) ?? true }
        return try ScanPlan(
            metadata: metadata, columns: columns, rowGroups: Array(metadata.rowGroups.indices), options: options)
    }

    /// Decodes the file; a batch goes back to the pool as soon as `use` has seen it, as if it had been sent.
    ///
    /// - Parameter step: is handed each step of the scan and runs it.
    public func decode(
        _ plan: ScanPlan, pool: BlockPool, step: (() throws -> ScanStep) throws -> ScanStep = { try $0() },
        use: (RecordBatch) -> Void
    ) throws {
        let scan = Scan(plan: plan, pool: pool)
        while true {
            switch try step(scan.step) {
            case .needs(let part):
                let range = plan.parts[part]
                scan.supply(part: part, bytes: slice.extracting(Int(range.offset)..<Int(range.end)))
            case .working: continue
            case .produced(let batch): use(batch)
            case .finished: return
            }
        }
    }
}
