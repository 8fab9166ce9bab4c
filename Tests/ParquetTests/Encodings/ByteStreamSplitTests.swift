import Bytes
import ParquetFixtures
import Randomness
import Testing

@testable import Parquet

@Suite("BYTE_STREAM_SPLIT")
struct ByteStreamSplitTests {
    private func read(
        _ column: FileBuilder.Column, _ body: [UInt8], count: Int, batchRowCount: Int = 1000
    ) throws(ParquetError) -> [String] {
        let page = FileBuilder.page1(body, valueCount: Int32(count), encoding: 9)
        let file = FileBuilder(columns: [column], rowGroups: [(Int64(count), [[page]])])
        var driver = ScanDriver()
        driver.options.batchRowCount = batchRowCount
        return try driver.read(file.bytes()).values(0)
    }

    @Test func readsTheExampleOfTheSpecification() throws {
        // Encodings.md, "Byte Stream Split": AA BB CC DD, 00 11 22 33, A3 B4 C5 D6.
        let split: [UInt8] = [0xaa, 0x00, 0xa3, 0xbb, 0x11, 0xb4, 0xcc, 0x22, 0xc5, 0xdd, 0x33, 0xd6]
        var values = try ByteStreamSplit(Slice(copying: split), byteWidth: 4)
        let target = Slice(copying: [UInt8](repeating: 0, count: 12))
        // First one, then two.
        try values.decode(1, into: target)
        try values.decode(2, into: target.extracting(4..<12))
        #expect(
            target.copiedBytes() == [0xaa, 0xbb, 0xcc, 0xdd, 0x00, 0x11, 0x22, 0x33, 0xa3, 0xb4, 0xc5, 0xd6])
        #expect(throws: Defect.fewerValues) { try values.decode(1, into: target) }
    }

    static let columns: [(column: FileBuilder.Column, byteWidth: Int)] =
        [
            (.init(physicalType: 1), 4), (.init(physicalType: 2), 8), (.init(physicalType: 4), 4),
            (.init(physicalType: 5), 8), (.init(physicalType: 1, convertedType: 15), 4),
            (.init(physicalType: 1, convertedType: 5, scale: 1, precision: 9), 4),
            (.init(physicalType: 2, convertedType: 5, scale: 1, precision: 18), 8),
            (.init(physicalType: 7, typeLength: 12, convertedType: 21), 12),
            (.init(physicalType: 7, typeLength: 2, logicalType: { $0.structure(15) { _ in } }), 2),
        ] + (1...20).map { (.init(physicalType: 7, typeLength: Int32($0)), $0) }
        + [1, 7, 16, 17, 32].map {
            (.init(physicalType: 7, typeLength: Int32($0), convertedType: 5, scale: 0, precision: 3), $0)
        }

    /// The same as PLAIN, whatever the type, and across batches.
    @Test(arguments: columns.indices)
    func everyTypeOfEveryWidthIsPutTogether(_ index: Int) throws {
        let (column, byteWidth) = Self.columns[index]
        var random = SeededRandom(seed: UInt64(byteWidth))
        let plain = (0..<67 * byteWidth).map { _ in UInt8.random(in: 0...255, using: &random) }
        let page = FileBuilder.page1(plain, valueCount: 67)
        let file = FileBuilder(columns: [column], rowGroups: [(67, [[page]])])
        let expected = try ScanDriver().read(file.bytes()).values(0)
        let body = Encoded.split(plain, byteWidth: byteWidth)
        for batchRowCount in [1, 7, 16, 67] {
            #expect(try read(column, body, count: 67, batchRowCount: batchRowCount) == expected)
        }
    }

    @Test func fewerStreamsThanValuesAreRefused() {
        for count in 0..<16 {
            #expect(throws: ParquetError.self) {
                try read(FileBuilder.Column(), [UInt8](repeating: 0, count: count), count: 4)
            }
        }
    }
}
