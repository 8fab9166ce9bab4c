import Arrow
import Bytes

/// Loads the pages of one column chunk in order and holds those that are in use.
///
/// - Cost: one ``load()`` decompresses at most one page.
final class PageQueue {
    /// What came of one try to load.
    enum Loaded {
        case dataPage
        /// A page without values.
        case skipped
        /// PLAIN values; the column keeps what it makes of them.
        case dictionary(Slice, valueCount: Int)
        case needs(part: Int)
    }

    let column: FlatColumn
    private let columnName: String
    private let scan: ScanResources
    private var reader: ChunkReader
    private var chunk: ScanPlan.Chunk?
    private var header: PageHeader?
    private var nextIndex = 0
    private var hasDictionary = false
    /// Rows of the row group that no page was loaded for.
    private var unloadedRowCount = 0
    /// Pages in use, oldest first.
    var pages: [DataPage] = []
    /// The first page with rows whose levels were not looked at; `pages.count` when there is none.
    private(set) var stagingIndex = 0
    private var inPlaceCount = 0

    init(column: FlatColumn, scan: ScanResources) {
        self.column = column
        self.scan = scan
        columnName = column.field.name
        reader = ChunkReader(pieces: [])
    }

    /// Starts the column chunk of the next row group.
    func begin(_ chunk: ScanPlan.Chunk, rowCount: Int) {
        precondition(pages.isEmpty)
        self.chunk = chunk
        reader = ChunkReader(pieces: chunk.pieces)
        header = nil
        nextIndex = 0
        hasDictionary = false
        unloadedRowCount = rowCount
    }

    /// Gives back what is left of the chunk's parts.
    func finish() {
        pages.removeAll(keepingCapacity: true)
        stagingIndex = 0
        inPlaceCount = 0
        reader.release(before: reader.byteCount, to: scan.store)
    }

    /// Loads the next page.
    ///
    /// - Throws: when the chunk has no more pages, or the page cannot be read.
    func load() throws(ParquetError) -> Loaded {
        guard let chunk else { preconditionFailure("no column chunk") }
        if header == nil, let part = try readHeader() { return .needs(part: part) }
        guard let header else { preconditionFailure("no page header") }
        let body: Slice
        switch reader.peek(header.compressedByteCount, from: scan.store, pool: scan.pool) {
        case .needs(let part): return .needs(part: part)
        case .bytes(let bytes): body = bytes
        }
        try verify(body, header)
        let start = reader.position
        do throws(PageFailure) {
            let loaded = try open(body, header, chunk.codec, start)
            reader.advance(header.compressedByteCount)
            self.header = nil
            releaseParts()
            return loaded
        } catch {
            switch error {
            case .defect(let defect): throw .malformed(defect.what, at: place(page: nextIndex))
            case .unsupported(let feature): throw .unsupported(feature, at: place(page: nextIndex))
            }
        }
    }

    /// Looks at the levels of the next rows of one loaded page, at most `limit`; returns the page and how many values
    /// they have, or nil when a page must be loaded first.
    func stage(limit: Int, into validity: inout StagedValidity) throws(ParquetError) -> (page: Int, valueCount: Int)? {
        guard stagingIndex < pages.count else { return nil }
        let index = stagingIndex
        let count = min(pages[index].unstagedRowCount, limit)
        do throws(Defect) {
            let valueCount = try pages[index].stage(count, into: &validity)
            if pages[index].unstagedRowCount == 0 { stagingIndex += 1 }
            return (index, valueCount)
        } catch { throw .malformed(error.what, at: place(page: pages[index].index)) }
    }

    /// Drops pages of which nothing is wanted any more, and the parts before the rest.
    func dropDonePages() {
        var count = 0
        while count < pages.count, pages[count].isDone { count += 1 }
        guard count > 0 else { return }
        inPlaceCount -= pages[..<count].count { $0.offsetInPlace != nil }
        pages.removeFirst(count)
        stagingIndex = max(0, stagingIndex - count)
        releaseParts()
    }

    /// Where an error in a page of this chunk lies.
    func place(page: Int?) -> ParquetError.Place {
        ParquetError.Place(
            column: columnName, rowGroup: chunk?.rowGroup, page: page,
            offset: chunk.map { $0.offset + UInt64(reader.position) })
    }

    /// Runs the part of a decoder that works on a page, and says where it failed.
    func located<Result>(page: Int?, _ body: () throws(Defect) -> Result) throws(ParquetError) -> Result {
        do throws(Defect) { return try body() } catch { throw .malformed(error.what, at: place(page: page)) }
    }

    private func releaseParts() {
        let oldest = inPlaceCount > 0 ? pages.lazy.compactMap(\.offsetInPlace).first : nil
        reader.release(before: oldest ?? reader.position, to: scan.store)
    }

    /// Reads the next page header, or says which part it needs.
    private func readHeader() throws(ParquetError) -> Int? {
        let limit = scan.options.limits.pageHeaderByteCount
        guard reader.remaining > 0 else {
            throw .malformed(
                "the column chunk ends before its \(unloadedRowCount) last rows", at: place(page: nextIndex))
        }
        var answer = reader.peekInPlace(limit: limit, from: scan.store)
        var isExtended = false
        while true {
            let bytes: Slice
            switch answer {
            case .needs(let part): return part
            case .bytes(let found): bytes = found
            }
            do throws(ThriftError) {
                let header = try PageHeader(parsing: bytes.bytes)
                reader.advance(header.byteCount)
                self.header = header
                break
            } catch {
                let wanted = min(limit, reader.remaining)
                guard error == .truncated, !isExtended, bytes.count < wanted else {
                    let what = if case .malformed(let what) = error { what } else { "the page header ends early" }
                    throw .malformed(what, at: place(page: nextIndex))
                }
                // The header goes on in the next part.
                answer = reader.peek(wanted, from: scan.store, pool: scan.pool)
                if case .bytes = answer { isExtended = true }
            }
        }
        try checkSizes()
        return nil
    }

    private func checkSizes() throws(ParquetError) {
        guard let header else { preconditionFailure("no page header") }
        guard header.compressedByteCount <= reader.remaining else {
            throw .malformed("the page goes past the end of its column chunk", at: place(page: nextIndex))
        }
        let limits = scan.options.limits
        let isDictionary = if case .dictionary = header.kind { true } else { false }
        let limit = isDictionary ? limits.dictionaryByteCount : limits.pageByteCount
        guard max(header.compressedByteCount, header.uncompressedByteCount) <= limit else {
            throw .tooLarge("a page of \(header.uncompressedByteCount) bytes", at: place(page: nextIndex))
        }
        if case .data(let data) = header.kind, data.valueCount > unloadedRowCount {
            throw .malformed("the pages hold more rows than the row group", at: place(page: nextIndex))
        }
    }

    private func verify(_ body: Slice, _ header: PageHeader) throws(ParquetError) {
        guard scan.options.verifiesChecksums, let checksum = header.checksum else { return }
        guard Kernels.crc32(body) == checksum else {
            throw .malformed("the page checksum does not match", at: place(page: nextIndex))
        }
    }

    /// Makes the page ready to be decoded.
    private func open(
        _ body: Slice, _ header: PageHeader, _ codec: Codec, _ start: Int
    ) throws(PageFailure) -> Loaded {
        switch header.kind {
        case .index: return .skipped
        case .dictionary(let valueCount, let encoding):
            guard encoding == 0 || encoding == 2 else {
                throw .unsupported("dictionary page with encoding \(encoding)")
            }
            guard !hasDictionary, nextIndex == 0 else { throw .defect(Defect("a dictionary page after other pages")) }
            let bytes = try decompress(body, codec, to: header.uncompressedByteCount)
            hasDictionary = true
            return .dictionary(bytes, valueCount: valueCount)
        case .data(let data):
            guard data.valueCount > 0 else {
                nextIndex += 1
                return .skipped
            }
            let page = try openDataPage(body, header, data, codec, start)
            unloadedRowCount -= data.valueCount
            nextIndex += 1
            pages.append(page)
            inPlaceCount += page.offsetInPlace != nil ? 1 : 0
            return .dataPage
        }
    }

    private func openDataPage(
        _ body: Slice, _ header: PageHeader, _ data: DataPageHeader, _ codec: Codec, _ start: Int
    ) throws(PageFailure) -> DataPage {
        var levels: Slice?
        var values: Slice
        let isInPlace: Bool
        switch data.layout {
        case .version1(let definitionLevelEncoding):
            values = try decompress(body, codec, to: header.uncompressedByteCount)
            isInPlace = codec == .uncompressed
            if column.isOptional {
                guard definitionLevelEncoding == 3 else { throw .unsupported("levels with encoding BIT_PACKED") }
                // A page without values may be empty altogether.
                if data.valueCount > 0 || values.count > 0 {
                    do throws(Defect) {
                        let (bytes, end) = try values.lengthPrefixed(at: 0)
                        levels = bytes
                        values = values.extracting(end..<values.count)
                    } catch { throw .defect(error) }
                }
            }
        case .version2(let definitionLevelByteCount, let repetitionLevelByteCount, let isCompressed):
            let levelByteCount = definitionLevelByteCount + repetitionLevelByteCount
            guard levelByteCount <= body.count, levelByteCount <= header.uncompressedByteCount else {
                throw .defect(Defect("the levels are longer than the page"))
            }
            levels = body.extracting(repetitionLevelByteCount..<levelByteCount)
            values = body.extracting(levelByteCount..<body.count)
            isInPlace = true
            if isCompressed {
                values = try decompress(values, codec, to: header.uncompressedByteCount - levelByteCount)
            }
        }
        return DataPage(
            levels: column.isOptional ? HybridRuns(levels ?? values.extracting(0..<0), bitWidth: 1) : nil,
            values: try DataPage.Values(
                values, encoding: data.encoding, physicalType: column.physicalType, hasDictionary: hasDictionary),
            unstagedRowCount: data.valueCount, index: nextIndex, offsetInPlace: isInPlace ? start : nil)
    }

    private func decompress(_ bytes: Slice, _ codec: Codec, to byteCount: Int) throws(PageFailure) -> Slice {
        if codec == .uncompressed {
            guard bytes.count == byteCount else {
                throw .defect(Defect("the sizes of an uncompressed page differ"))
            }
            return bytes
        }
        let target = scan.pool.take(byteCount: byteCount).slice(0, count: byteCount)
        // An empty body of a version 2 page stands for no bytes.
        if bytes.count == 0, byteCount == 0 { return target }
        do throws(Defect) {
            try scan.decompressor.decompress(bytes, codec: codec, into: target)
        } catch { throw .defect(error) }
        return target
    }
}
