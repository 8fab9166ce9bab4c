import Arrow
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

/// Each limit of ``ParquetLimits``: what is just within it is read, what is beyond is refused before memory is spent.
@Suite("Limits")
struct LimitTests {
    private func failure(_ file: FileBuilder, _ change: (inout ParquetLimits) -> Void) -> ParquetError? {
        var driver = ScanDriver()
        change(&driver.options.limits)
        do throws(ParquetError) {
            _ = try driver.read(file.bytes())
            return nil
        } catch { return error }
    }

    private func file(_ pages: [FileBuilder.Page]..., rowCount: Int64 = 3) -> FileBuilder {
        FileBuilder(
            columns: pages.indices.map { FileBuilder.Column(name: "c\($0)") }, rowGroups: [(rowCount, pages)])
    }

    private static let page = FileBuilder.page1(Encoded.int32([1, 2, 3]), valueCount: 3)

    @Test func theFileMetadataHasALimit() {
        let file = file([Self.page])
        let bytes = file.bytes()
        let size = bytes.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(failure(file) { $0.footerByteCount = size } == nil)
        #expect(
            failure(file) { $0.footerByteCount = size - 1 }
                == .tooLarge("the file metadata has \(size) bytes", at: .file))
    }

    @Test func aPageHasALimit() {
        #expect(failure(file([Self.page])) { $0.pageByteCount = 12 } == nil)
        guard case .tooLarge("a page of 12 bytes", let place) = failure(file([Self.page]), { $0.pageByteCount = 11 })
        else {
            Issue.record("not refused as too large")
            return
        }
        #expect(place.column == "c0")
        #expect(place.page == 0)
        // What it says counts, stored or not, and before anything is allocated.
        for lie in [(Int32.max, Int32(12)), (12, Int32.max)] {
            let header = ThriftWriter.structure { writer in
                writer.int32(1, 0)
                writer.int32(2, lie.0)
                writer.int32(3, lie.1)
                writer.structure(5) {
                    $0.int32(1, 3)
                    $0.int32(2, 0)
                }
            }
            let page = FileBuilder.Page(bytes: header + Encoded.int32([1, 2, 3]), valueCount: 3)
            #expect(failure(file([page])) { $0.pageByteCount = 1 << 20 } != nil)
        }
    }

    @Test func aDictionaryHasALimit() {
        let dictionary = FileBuilder.dictionary(Encoded.int32([1, 2, 3]), valueCount: 3)
        let indices = FileBuilder.page1([2] + Encoded.packed([0, 1, 2], bitWidth: 2), valueCount: 3, encoding: 8)
        let file = file([dictionary, indices])
        #expect(failure(file) { $0.dictionaryByteCount = 12 } == nil)
        guard case .tooLarge("a page of 12 bytes", _) = failure(file, { $0.dictionaryByteCount = 11 }) else {
            Issue.record("not refused as too large")
            return
        }
        // The limit of a page is another one.
        #expect(failure(file) { $0.pageByteCount = 4 } == nil)
    }

    /// Values may be wider than they are stored: one byte becomes sixteen.
    @Test func aDecodedDictionaryHasTheSameLimit() {
        let column = FileBuilder.Column(physicalType: 7, typeLength: 1, convertedType: 5, scale: 0, precision: 2)
        let dictionary = FileBuilder.dictionary([1, 2, 3], valueCount: 3)
        let indices = FileBuilder.page1([2] + Encoded.packed([0, 1, 2], bitWidth: 2), valueCount: 3, encoding: 8)
        let file = FileBuilder(columns: [column], rowGroups: [(3, [[dictionary, indices]])])
        #expect(failure(file) { $0.dictionaryByteCount = 48 } == nil)
        guard case .tooLarge("a dictionary of 3 values", _) = failure(file, { $0.dictionaryByteCount = 47 }) else {
            Issue.record("not refused as too large")
            return
        }
    }

    @Test func aPageHeaderHasALimit() {
        // Statistics of 300 bytes in a field that is passed over.
        let header = ThriftWriter.structure { writer in
            writer.int32(1, 0)
            writer.int32(2, 12)
            writer.int32(3, 12)
            writer.structure(5) { data in
                data.int32(1, 3)
                data.int32(2, 0)
                data.structure(5) { $0.string(1, String(repeating: "s", count: 300)) }
            }
        }
        let file = file([FileBuilder.Page(bytes: header + Encoded.int32([1, 2, 3]), valueCount: 3)])
        #expect(failure(file) { $0.pageHeaderByteCount = header.count } == nil)
        guard
            case .malformed("the page header ends early", _) = failure(
                file, { $0.pageHeaderByteCount = header.count - 1 })
        else {
            Issue.record("not refused")
            return
        }
    }

    @Test func theSchemaHasLimits() {
        let wide = file([Self.page], [Self.page], [Self.page])
        #expect(failure(wide) { $0.schemaElementCount = 4 } == nil)
        #expect(
            failure(wide) { $0.schemaElementCount = 3 }
                == .malformed("file metadata: the schema has too many elements", at: .file))
        #expect(failure(wide) { $0.topLevelColumnCount = 3 } == nil)
        #expect(
            failure(wide) { $0.topLevelColumnCount = 2 }
                == .malformed("file metadata: the schema has too many columns", at: .file))
        let deep = FileBuilder(
            columns: [.group("a", [.group("b", [.init(name: "c")])])], rowGroups: [(3, [[Self.page]])])
        #expect(failure(deep) { $0.schemaDepth = 2 } == nil)
        #expect(
            failure(deep) { $0.schemaDepth = 1 }
                == .malformed("file metadata: the schema is nested too deeply", at: .file))
    }

    @Test func rowGroupsHaveLimits() {
        var file = file([Self.page], [Self.page])
        file.rowGroups = [file.rowGroups[0], file.rowGroups[0], file.rowGroups[0]]
        #expect(failure(file) { $0.rowGroupCount = 3 } == nil)
        #expect(
            failure(file) { $0.rowGroupCount = 2 }
                == .malformed("file metadata: the file has too many row groups", at: .file))
        #expect(failure(file) { $0.columnChunkCount = 6 } == nil)
        #expect(
            failure(file) { $0.columnChunkCount = 5 }
                == .malformed("file metadata: the file has too many column chunks", at: .file))
    }

    /// M6: rows and values are counted, whatever the headers say.
    @Test func pagesHoldAsManyRowsAsTheRowGroup() {
        for (rowCount, message) in [
            (Int64(2), "the pages hold more rows than the row group"), (3, nil),
            (4, "the column chunk ends before its 1 last rows"),
        ] as [(Int64, String?)] {
            let error = failure(file([Self.page], rowCount: rowCount)) { _ in }
            #expect(error.map { if case .malformed(let what, _) = $0 { what } else { "\($0)" } } == message)
        }
        let sample = NestedSamples.list
        let entries = sample.leaves[0].entries
        for (rowCount, chunkValueCount, message) in [
            (Int64(5), Int64(7), nil), (4, 7, "the pages hold more rows than the row group"),
            (6, 7, "the column chunk ends before its 1 last rows"),
            (5, 8, "the column chunk ends before its 1 last values"),
            (5, 6, "the pages hold more values than the column chunk"),
        ] as [(Int64, Int64, String?)] {
            var file = FileBuilder(
                columns: [sample.column], rowGroups: [(rowCount, [[entries.page1(sample.leaves[0].values)]])])
            file.spoilChunk = { $0.int64(5, chunkValueCount) }
            let error = failure(file) { _ in }
            #expect(error.map { if case .malformed(let what, _) = $0 { what } else { "\($0)" } } == message)
        }
    }

    /// M7, nested columns and compressed pages included: the checksum is that of the bytes as stored.
    @Test func checksumsAreThoseOfStoredBytes() {
        let body = Encoded.int32([1, 2, 3])
        let stored = Encoded.snappy(body)
        for (checksum, isRead) in [(Encoded.crc32(stored), true), (Encoded.crc32(body), false)] {
            let page = FileBuilder.page1(body, stored: stored, valueCount: 3, checksum: checksum)
            let column = FileBuilder.Column(codec: 1)
            let file = FileBuilder(columns: [column], rowGroups: [(3, [[page]])])
            #expect((failure(file) { _ in } == nil) == isRead)
        }
    }
}
