import Bytes

/// One column of a scan: pages in, the buffers of one array at a time out.
protocol ColumnDecoder: AnyObject {
    /// Starts the next row group.
    func begin(_ chunk: ScanPlan.Chunk?, rowCount: Int)
    /// The row group is read; gives back its parts.
    func finish()
    /// Moves on towards knowing the size of the next `rowCount` rows.
    ///
    /// - Parameter byteLimit: a column of variable size stops early beyond so many bytes.
    func stage(rowCount: Int, byteLimit: Int) throws(ParquetError) -> Progress
    /// Rows whose size is known; nil when every row has the same size and no row needs staging.
    var stagedRowCount: Int? { get }
    /// Bytes of a row in the body, as far as can be told beforehand.
    var bytesPerRow: Double { get }
    /// The buffers of the first `rowCount` rows.
    func layout(rowCount: Int) -> ColumnLayout
    /// Moves on towards having written the first `rowCount` rows.
    func write(rowCount: Int, to target: ColumnTarget) throws(ParquetError) -> Progress
}

/// How far one call came.
enum Progress: Equatable {
    case done
    /// Call again.
    case working
    case needs(part: Int)
}

/// Sizes of the buffers of one array, before padding.
struct ColumnLayout: Equatable {
    var nullCount = 0
    /// In the order of the Arrow format, absent ones left out; a validity bitmap without nulls is 0 bytes.
    var bufferByteCounts: [Int] = []
}

/// The places of the buffers of one array in the body.
struct ColumnTarget {
    /// The body and its slack.
    let body: Slice
    let layout: ColumnLayout
    let bufferOffsets: [Int]

    /// Buffer `index` without its padding.
    func buffer(_ index: Int) -> Slice {
        body.extracting(bufferOffsets[index]..<bufferOffsets[index] + layout.bufferByteCounts[index])
    }

    /// Buffer `index` with all that follows; later buffers are written later.
    func bufferAndRest(_ index: Int) -> Slice {
        body.extracting(bufferOffsets[index]..<body.count)
    }
}

extension ColumnTarget {
    /// Writes buffer 0 from the staged rows.
    func writeValidity(_ validity: StagedValidity, rowCount: Int) {
        guard layout.nullCount > 0 else { return }
        guard let bitmap = validity.bitmap else { preconditionFailure("nulls without bits") }
        let target = buffer(0)
        Kernels.copy(bitmap.extracting(0..<target.count), to: target)
        // Bits beyond the last row belong to the next batch.
        if rowCount % 8 != 0 {
            let last = target.extracting(target.count - 1..<target.count)
            unsafe last.address.pointee &= UInt8(truncatingIfNeeded: (1 << (rowCount % 8)) - 1)
        }
    }
}
