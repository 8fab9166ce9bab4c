/// The bounds of every page of a column chunk.
///
/// - Spec: parquet.thrift, struct `ColumnIndex`. What is wrong with it is no reason to refuse a file.
/// - Shape: the lists have one element for each data page; optional ones may be empty.
public struct ColumnIndex: Hashable, Sendable {
    /// How the pages' minima and maxima follow each other.
    public enum BoundaryOrder: Int32, Sendable {
        case unordered, ascending, descending
    }

    /// Whether a page holds only nulls; its bounds are empty then.
    public var nullPages: [Bool] = []
    public var minimums: [[UInt8]] = []
    public var maximums: [[UInt8]] = []
    public var boundaryOrder = BoundaryOrder.unordered
    public var nullCounts: [Int64] = []
    /// One histogram after the other, page by page.
    public var repetitionLevelHistograms: [Int64] = []
    public var definitionLevelHistograms: [Int64] = []
    public var nanCounts: [Int64] = []

    /// Reads one index; nil for bytes that are none or whose lists differ in length.
    public init?(parsing bytes: RawSpan) {
        do throws(ThriftError) {
            var reader = CompactReader(bytes)
            try self.init(parsing: &reader)
        } catch { return nil }
        let count = nullPages.count
        guard minimums.count == count, maximums.count == count, nullCounts.isEmpty || nullCounts.count == count,
            nanCounts.isEmpty || nanCounts.count == count
        else { return nil }
    }

    private init(parsing reader: inout CompactReader) throws(ThriftError) {
        var previous: Int16 = 0
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: nullPages = try reader.readBooleanList(field)
            case 2: minimums = try reader.readBytesList(field)
            case 3: maximums = try reader.readBytesList(field)
            case 4: boundaryOrder = BoundaryOrder(rawValue: try reader.readInt32(field)) ?? .unordered
            case 5: nullCounts = try reader.readInt64List(field)
            case 6: repetitionLevelHistograms = try reader.readInt64List(field)
            case 7: definitionLevelHistograms = try reader.readInt64List(field)
            case 8: nanCounts = try reader.readInt64List(field)
            default: try reader.skip(field)
            }
        }
    }
}
