import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("Page headers")
struct PageHeaderTests {
    // Fields in order: type 0, uncompressed 12, compressed 10, checksum -1, then field 5: values 3, encoding 8, levels
    // RLE twice; zigzag doubles numbers.
    private static let version1: [UInt8] = [
        0x15, 0, 0x15, 24, 0x15, 20, 0x15, 1, 0x1c, 0x15, 6, 0x15, 16, 0x15, 6, 0x15, 6, 0, 0,
    ]
    // Type 3, sizes 12 and 10, then field 8 (a step of 5): values 3, nulls 1, rows 2, encoding 0, definition levels 4
    // bytes, repetition levels 2, not compressed (2 is false).
    private static let version2: [UInt8] = [
        0x15, 6, 0x15, 24, 0x15, 20, 0x5c, 0x15, 6, 0x15, 2, 0x15, 4, 0x15, 0, 0x15, 8, 0x15, 4, 0x12, 0, 0,
    ]
    // Type 2, sizes 12 and 10, then field 7 (a step of 4): values 3, encoding 2, sorted (1 is true).
    private static let dictionary: [UInt8] = [
        0x15, 4, 0x15, 24, 0x15, 20, 0x4c, 0x15, 6, 0x15, 4, 0x11, 0, 0,
    ]
    // Type 1, sizes 3 and 3.
    private static let index: [UInt8] = [0x15, 2, 0x15, 6, 0x15, 6, 0]

    private func parse(_ bytes: [UInt8]) throws(ThriftError) -> PageHeader { try PageHeader(parsing: bytes.rawSpan) }

    @Test func readsADataPageOfVersion1() throws {
        let header = try parse(Self.version1 + [1, 2, 3])
        guard case .data(let data) = header.kind else {
            Issue.record("\(header.kind)")
            return
        }
        #expect(data.valueCount == 3)
        #expect(data.encoding == 8)
        #expect(data.layout == .version1(repetitionLevelEncoding: 3, definitionLevelEncoding: 3))
        #expect(header.uncompressedByteCount == 12)
        #expect(header.compressedByteCount == 10)
        #expect(header.checksum == .max)
        #expect(header.byteCount == Self.version1.count)
    }

    @Test func readsADataPageOfVersion2() throws {
        let header = try parse(Self.version2)
        guard case .data(let data) = header.kind else {
            Issue.record("\(header.kind)")
            return
        }
        #expect(data.valueCount == 3)
        #expect(data.encoding == 0)
        #expect(
            data.layout
                == .version2(definitionLevelByteCount: 4, repetitionLevelByteCount: 2, isCompressed: false))
        #expect(header.checksum == nil)
    }

    @Test func readsTheOtherPages() throws {
        #expect(try parse(Self.dictionary).kind == .dictionary(valueCount: 3, encoding: 2))
        #expect(try parse(Self.index).kind == .index)
    }

    @Test(arguments: [version1, version2, dictionary, index])
    func everyCutAsksForMore(_ bytes: [UInt8]) {
        for count in bytes.indices {
            #expect(throws: ThriftError.truncated) { try parse(Array(bytes[..<count])) }
        }
    }

    /// The details of a page of one kind are not those of another.
    @Test func theDetailsBelongToTheType() {
        let details: [(UInt8, [UInt8], String)] = [
            (0, Self.version2, "page header of a data page without its details"),
            (2 * 3, Self.version1, "page header of a data page without its details"),
            (2 * 2, Self.version1, "page header of a dictionary page without its details"),
            (2 * 4, Self.version1, "unknown page type 4"),
        ]
        for (type, bytes, message) in details {
            #expect(throws: ThriftError.malformed(message)) { try parse([0x15, type] + bytes[2...]) }
        }
    }

    @Test func unknownFieldsArePassedOver() throws {
        // Field 9 of the header, after field 8: a list of two integers.
        let bytes = Self.version2.dropLast() + [0x19, 0x25, 2, 4, 0]
        #expect(try parse(Array(bytes)).byteCount == bytes.count)
    }
}
