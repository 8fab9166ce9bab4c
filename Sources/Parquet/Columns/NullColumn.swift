/// A column that is null in every row; its pages are not even fetched.
final class NullColumn: ColumnDecoder {
    var stagedRowCount: Int? { nil }
    var bytesPerRow: Double { 0 }

    func begin(_ chunk: ScanPlan.Chunk?, rowCount: Int) {}
    func finish() {}
    func stage(rowCount: Int, byteLimit: Int) -> Progress { .done }
    func layout(rowCount: Int) -> ColumnLayout { ColumnLayout(nullCount: rowCount) }
    func write(rowCount: Int, to target: ColumnTarget) -> Progress { .done }
}
