import Bytes
import Measuring
import Parquet
import Samples

/// What does it cost to read the metadata of a column chunk, and to plan the scan of it?
func footers(_ scale: Scale) throws -> [Question] {
    let columnCount = scale.count(4096)
    let file = ParquetFile(Slice(copying: wideFile(columnCount: columnCount, rows: 1).bytes()))
    let size = UInt64(file.slice.count)
    let tail = file.slice.extracting(file.slice.count - Footer.tailByteCount..<file.slice.count)
    let byteCount = Int(try Footer.metadataRange(tail: tail.bytes, objectByteCount: size).count)
    return [
        Question("footer, a column", valueCount: columnCount, outputByteCount: byteCount) {
            _ = try? file.metadata()
        } check: {
            UInt64((try? file.metadata())?.columns.count ?? 0)
        },
        Question("footer and plan, a column", valueCount: columnCount, outputByteCount: byteCount) {
            _ = try? file.plan()
        } check: {
            UInt64((try? file.plan())?.schema.fields.count ?? 0)
        },
    ]
}

/// A file of many columns of integers.
func wideFile(columnCount: Int, rows: Int) -> SampleFile {
    var numbers = SeededNumbers(seed: 12)
    let columns = (0..<columnCount).map { number in
        var column = SampleFile.Column("column_\(number)", .int64)
        let values = numbers.numbers(rows, below: .max)
        column.pages = [.init(Encodings.plain(values, byteWidth: 8), rows, .plain)]
        return column
    }
    return SampleFile(rowCount: rows, columns: columns)
}
