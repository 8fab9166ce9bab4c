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

    let leaf: Leaf
    private let scan: ScanResources
    private let opener: PageOpener
    private var reader: ChunkReader
    private var chunk: ScanPlan.Chunk?
    private var header: PageHeader?
    private var nextIndex = 0
    private var hasDictionary = false
    /// A dictionary page that is decompressed and that no column has taken yet.
    private var dictionary: (bytes: Slice, valueCount: Int)?
    /// Entries of the column chunk that no page was loaded for.
    private var unloadedCount = 0
    /// Pages in use, oldest first.
    var pages: [DataPage] = []
    /// The first page with rows whose levels were not looked at; `pages.count` when there is none.
    private(set) var stagingIndex = 0
    private var inPlaceCount = 0

    init(leaf: Leaf, scan: ScanResources) {
        self.leaf = leaf
        self.scan = scan
        opener = PageOpener(leaf: leaf, scan: scan)
        reader = ChunkReader(pieces: [])
    }

    /// Starts the column chunk of the next row group.
    func begin(_ chunk: ScanPlan.Chunk, rowCount: Int) {
        precondition(pages.isEmpty && dictionary == nil)
        self.chunk = chunk
        reader = ChunkReader(pieces: chunk.pieces)
        header = nil
        nextIndex = 0
        hasDictionary = false
        // Without repetition the row group decides, whatever the column chunk says.
        unloadedCount = leaf.maxRepetition == 0 ? rowCount : chunk.valueCount
    }

    /// Whether every entry was looked at.
    var isExhausted: Bool { unloadedCount == 0 && stagingIndex == pages.count }

    /// Gives back what is left of the chunk's parts.
    func finish() {
        pages.removeAll(keepingCapacity: true)
        dictionary = nil
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
        let start = reader.position
        do throws(PageFailure) {
            try opener.verify(body, header)
            let loaded = try open(body, header, chunk.codec, start)
            reader.advance(header.compressedByteCount)
            self.header = nil
            releaseParts()
            return loaded
        } catch {
            throw located(error, page: nextIndex)
        }
    }

    /// Loads the next page; a dictionary goes to `values`, in a step of its own.
    func load(for values: any ValueDecoder) throws(ParquetError) -> Progress {
        if let (bytes, valueCount) = dictionary {
            dictionary = nil
            do throws(PageFailure) {
                try values.setDictionary(bytes, valueCount: valueCount, limits: scan.options.limits)
            } catch { throw located(error, page: nil) }
            return .working
        }
        switch try load() {
        case .needs(let part): return .needs(part: part)
        case .dataPage, .skipped: return .working
        case .dictionary(let bytes, let valueCount):
            dictionary = (bytes, valueCount)
            return .working
        }
    }

    /// Looks at the levels of the next rows of one loaded page, at most `limit`; returns the page and how many values
    /// they have, or nil when a page must be loaded first.
    func stage(limit: Int, into validity: inout StagedValidity) throws(ParquetError) -> (page: Int, valueCount: Int)? {
        try stage(limit: limit) { page, count throws(Defect) in try page.stage(count, into: &validity) }
    }

    /// The same for the entries of a nested column.
    func stage(limit: Int, into levels: inout StagedLevels) throws(ParquetError) -> (page: Int, valueCount: Int)? {
        try stage(limit: limit) { page, count throws(Defect) in try page.stage(count, into: &levels) }
    }

    private func stage(
        limit: Int, _ body: (inout DataPage, Int) throws(Defect) -> Int
    ) throws(ParquetError) -> (page: Int, valueCount: Int)? {
        guard stagingIndex < pages.count else { return nil }
        let index = stagingIndex
        let count = min(pages[index].unstagedCount, limit)
        do throws(Defect) {
            let valueCount = try body(&pages[index], count)
            if pages[index].unstagedCount == 0 { stagingIndex += 1 }
            return (index, valueCount)
        } catch { throw .malformed(error.what, at: place(page: pages[index].index)) }
    }

    /// Hands over the next staged values, at most `limit`, page by page.
    func consume(
        _ limit: Int, _ body: (inout EncodedValues, Int) throws(Defect) -> Void
    ) throws(ParquetError) {
        var left = limit
        var index = 0
        while index < pages.count, left > 0 {
            let count = min(pages[index].stagedValueCount, left)
            if count > 0 {
                do throws(Defect) { try body(&pages[index].values, count) } catch {
                    throw .malformed(error.what, at: place(page: pages[index].index))
                }
                pages[index].stagedValueCount -= count
                left -= count
            }
            index += 1
        }
    }

    /// The next staged values were taken elsewhere.
    func dropStagedValues(_ count: Int) {
        var left = count
        for index in pages.indices where left > 0 {
            let part = min(left, pages[index].stagedValueCount)
            pages[index].stagedValueCount -= part
            left -= part
        }
        precondition(left == 0)
        dropDonePages()
    }

    /// Drops pages of which nothing is wanted any more, and the parts before the rest.
    func dropDonePages() {
        var count = 0
        while count < pages.count, pages[count].isDone { count += 1 }
        guard count > 0 else { return }
        inPlaceCount -= pages[..<count].count { $0.offsetInPlace != nil }
        for index in 0..<count {
            if let memory = pages[index].takeMemory(leaving: scan.nothing) { scan.pageMemory.giveBack(memory) }
        }
        pages.removeFirst(count)
        stagingIndex = max(0, stagingIndex - count)
        releaseParts()
    }

    /// Where an error in a page of this chunk lies.
    func place(page: Int?) -> ParquetError.Place {
        ParquetError.Place(
            column: leaf.path, rowGroup: chunk?.rowGroup, page: page,
            offset: chunk.map { $0.offset + UInt64(reader.position) })
    }

    /// Runs the part of a decoder that works on a page, and says where it failed.
    func located<Result>(page: Int?, _ body: () throws(Defect) -> Result) throws(ParquetError) -> Result {
        do throws(Defect) { return try body() } catch { throw .malformed(error.what, at: place(page: page)) }
    }

    private func located(_ failure: PageFailure, page: Int?) -> ParquetError {
        switch failure {
        case .defect(let defect): .malformed(defect.what, at: place(page: page))
        case .unsupported(let feature): .unsupported(feature, at: place(page: page))
        case .tooLarge(let what): .tooLarge(what, at: place(page: page))
        }
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
                "the column chunk ends before its \(unloadedCount) last \(leaf.isFlat ? "rows" : "values")",
                at: place(page: nextIndex))
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
        if case .data(let data) = header.kind, data.valueCount > unloadedCount {
            let owner = leaf.isFlat ? "rows than the row group" : "values than the column chunk"
            throw .malformed("the pages hold more \(owner)", at: place(page: nextIndex))
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
            let bytes = try opener.decompress(body, codec, to: header.uncompressedByteCount)
            hasDictionary = true
            return .dictionary(bytes, valueCount: valueCount)
        case .data(let data):
            guard data.valueCount > 0 else {
                nextIndex += 1
                return .skipped
            }
            let page = try opener.open(
                body, header, data, codec, index: nextIndex, start: start, hasDictionary: hasDictionary)
            unloadedCount -= data.valueCount
            nextIndex += 1
            pages.append(page)
            inPlaceCount += page.offsetInPlace != nil ? 1 : 0
            return .dataPage
        }
    }
}
