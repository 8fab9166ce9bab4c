/// Where the pages of a column chunk lie and which row each begins with.
///
/// - Spec: parquet.thrift, structs `OffsetIndex` and `PageLocation`. What is wrong with it is no reason to refuse a file.
public struct OffsetIndex: Hashable, Sendable {
    public struct Page: Hashable, Sendable {
        /// Bytes from the start of the file, of the page header.
        public var offset: Int64
        /// Of header and body.
        public var byteCount: Int32
        /// Counted from 0 in the row group.
        public var firstRow: Int64
    }

    /// Data pages in file order.
    public var pages: [Page] = []
    /// Bytes of BYTE_ARRAY values without their lengths, for each page; empty when not stated.
    public var byteArrayByteCounts: [Int64] = []

    /// Reads one index; nil for bytes that are none or contradict themselves.
    public init?(parsing bytes: RawSpan) {
        do throws(ThriftError) {
            var reader = CompactReader(bytes)
            try self.init(parsing: &reader)
        } catch { return nil }
        guard isOrdered, byteArrayByteCounts.isEmpty || byteArrayByteCounts.count == pages.count else { return nil }
    }

    private init(parsing reader: inout CompactReader) throws(ThriftError) {
        var previous: Int16 = 0
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1:
                for _ in 0..<(try reader.readStructureListCount(field)) {
                    pages.append(try Page(parsing: &reader))
                }
            case 2: byteArrayByteCounts = try reader.readInt64List(field)
            default: try reader.skip(field)
            }
        }
    }

    /// Pages follow each other, and so do their rows, from row 0 on.
    private var isOrdered: Bool {
        var end: Int64 = 0
        var row: Int64 = -1
        for page in pages {
            guard page.offset >= end, page.byteCount > 0, page.firstRow > row else { return false }
            let (next, overflow) = page.offset.addingReportingOverflow(Int64(page.byteCount))
            guard !overflow else { return false }
            end = next
            row = page.firstRow
        }
        return pages.first?.firstRow ?? 0 == 0
    }
}

extension OffsetIndex.Page {
    init(parsing reader: inout CompactReader) throws(ThriftError) {
        var previous: Int16 = 0
        var offset: Int64?
        var byteCount: Int32?
        var firstRow: Int64?
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: offset = try reader.readInt64(field)
            case 2: byteCount = try reader.readInt32(field)
            case 3: firstRow = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
        guard let offset, let byteCount, let firstRow else { throw .malformed("a page location lacks a field") }
        self.init(offset: offset, byteCount: byteCount, firstRow: firstRow)
    }
}
