public import Arrow
public import Bytes

/// What a scan of some columns and row groups will fetch, and in which order.
public struct ScanPlan: Sendable {
    /// A stretch of a column chunk inside one part.
    struct Piece: Sendable {
        let part: Int
        let partOffset: Int
        let chunkOffset: Int
        let count: Int
    }

    /// One column chunk.
    struct Chunk: Sendable {
        let rowGroup: Int
        /// Where it starts in the file.
        let offset: UInt64
        let codec: Codec
        /// Average bytes of a row before compression, as the metadata says.
        let bytesPerRow: Double
        /// Entries, as the metadata says: rows, or elements and what stands for none.
        let valueCount: Int
        /// Of the chunk's bytes, those that the dictionary page takes, as the metadata says; 0 without one.
        let dictionaryByteCount: Int
        var pieces: [Piece]
    }

    /// One row group that has rows.
    struct Group: Sendable {
        let index: Int
        let rowCount: Int
        /// Rows that are wanted, ascending, disjoint and not empty.
        let selection: [Range<Int>]
        /// One for each leaf of the plan, column by column; nil where no pages are read.
        var chunks: [Chunk?]
    }

    /// The fields in the order they were asked for.
    public let schema: Schema
    /// Everything to be fetched, in the order the decoder will want it. Parts are disjoint unless the file's own column
    /// chunks overlap.
    public let parts: [ByteRange]
    /// Rows that the scan produces.
    public let rowCount: Int
    /// Bytes of the column chunks that it needs; what ``parts`` hold besides lies between them.
    public let wantedByteCount: Int
    /// How the scan was cut.
    public let options: ScanOptions
    let columns: [ArrayShape]
    /// The column chunks of each column within a group.
    let leafRanges: [Range<Int>]
    let groups: [Group]
    /// How many column chunks lie in each part.
    let partUserCounts: [Int]

    /// How often the bytes of a file may be wanted: chunks that all claim the whole file would be fetched for ever, and
    /// their parts alone would fill the memory.
    private static let largestShare = 8.0

    /// Plans a scan; nothing is fetched or decoded yet.
    ///
    /// - Parameters:
    ///   - columns: indices of top-level columns, in output order.
    ///   - rowGroups: indices, in output order.
    ///   - rows: for some of the row groups, the rows that are wanted, counted from 0 in the group, ascending and disjoint;
    ///     of the other groups all are. The rest is decoded as far as that takes, and dropped.
    /// - Throws: for a column that cannot be read and for column chunks outside the file.
    public init(
        metadata: FileMetadata, columns: [Int], rowGroups: [Int], rows: [Int: [Range<Int>]] = [:],
        options: ScanOptions = ScanOptions()
    ) throws(ParquetError) {
        let mapping = SchemaMapping(schema: metadata.schema, keepsDictionaries: options.keepsDictionaries)
        let hints = try metadata.storedFields()
        var shapes: [ArrayShape] = []
        for index in columns {
            // A group without leaves has nothing to read.
            if let shape = try mapping.shape(of: metadata.columns[index], hint: hints?[index]) { shapes.append(shape) }
        }
        var parts = PartPlanner(options: options)
        var groups: [Group] = []
        var rowCount = 0
        var wantedByteCount = 0.0
        for index in rowGroups {
            let rowGroup = metadata.rowGroups[index]
            let selection = Self.selection(rows[index], of: rowGroup)
            let (sum, overflow) = rowCount.addingReportingOverflow(selection.reduce(0) { $0 + $1.count })
            guard !overflow else {
                throw .malformed("the row counts overflow", at: ParquetError.Place(rowGroup: index))
            }
            rowCount = sum
            guard !selection.isEmpty else { continue }
            var chunks: [Chunk?] = []
            var ranges: [ByteRange?] = []
            for shape in shapes {
                for leaf in shape.leaves {
                    guard !shape.isAbsent else {
                        chunks.append(nil)
                        ranges.append(nil)
                        continue
                    }
                    let (chunk, range) = try Self.chunk(of: leaf, rowGroup, index, metadata.objectByteCount)
                    wantedByteCount += Double(range.count)
                    guard wantedByteCount <= Self.largestShare * Double(metadata.objectByteCount) else {
                        throw .malformed(
                            "the column chunks overlap too often", at: ParquetError.Place(rowGroup: index))
                    }
                    chunks.append(chunk)
                    ranges.append(range)
                }
            }
            let pieces = parts.add(ranges)
            for position in chunks.indices { chunks[position]?.pieces = pieces[position] }
            groups.append(
                Group(index: index, rowCount: rowGroup.rowCount, selection: selection, chunks: chunks))
        }
        self.schema = Schema(fields: shapes.map(\.field))
        self.columns = shapes
        var first = 0
        leafRanges = shapes.map { shape in
            defer { first += shape.leaves.count }
            return first..<first + shape.leaves.count
        }
        self.groups = groups
        self.parts = parts.parts
        self.partUserCounts = parts.userCounts
        self.rowCount = rowCount
        self.wantedByteCount = Int(wantedByteCount)
        self.options = options
    }

    private static func selection(_ rows: [Range<Int>]?, of rowGroup: RowGroup) -> [Range<Int>] {
        let selection = (rows ?? [0..<rowGroup.rowCount]).filter { !$0.isEmpty }
        var end = 0
        for range in selection {
            precondition(range.lowerBound >= end)
            end = range.upperBound
        }
        precondition(end <= rowGroup.rowCount)
        return selection
    }

    private static func chunk(
        of leaf: Leaf, _ rowGroup: RowGroup, _ index: Int, _ objectByteCount: UInt64
    ) throws(ParquetError) -> (Chunk, ByteRange) {
        let metadata = rowGroup.columns[leaf.index]
        let place = ParquetError.Place(column: leaf.path, rowGroup: index)
        if metadata.isEncrypted { throw .unsupported("the column chunk is encrypted", at: place) }
        guard metadata.hasMetadata else { throw .malformed("the column chunk has no metadata", at: place) }
        guard metadata.physicalType == leaf.physicalType.rawValue else {
            throw .malformed("the column chunk and the schema differ in physical type", at: place)
        }
        let codec = try Codec(rawValue: metadata.codec, at: place)
        // A dictionary comes first; some writers store 0 for none.
        let start = metadata.dictionaryPageOffset > 0 ? metadata.dictionaryPageOffset : metadata.dataPageOffset
        let count = metadata.totalCompressedByteCount
        guard start >= 4, count >= 0, UInt64(start) <= objectByteCount,
            UInt64(count) <= objectByteCount - UInt64(start)
        else { throw .malformed("the column chunk lies outside the file", at: place) }
        let bytesPerRow = Double(max(metadata.totalUncompressedByteCount, 0)) / Double(rowGroup.rowCount)
        let range = ByteRange(offset: UInt64(start), count: UInt64(count))
        guard leaf.maxRepetition == 0 || metadata.valueCount >= Int64(rowGroup.rowCount) else {
            throw .malformed("the column chunk has fewer values than the row group rows", at: place)
        }
        let dictionaryByteCount = min(max(metadata.dataPageOffset, start) - start, count)
        let chunk = Chunk(
            rowGroup: index, offset: range.offset, codec: codec, bytesPerRow: bytesPerRow,
            valueCount: Int(metadata.valueCount), dictionaryByteCount: Int(dictionaryByteCount), pieces: [])
        return (chunk, range)
    }
}
