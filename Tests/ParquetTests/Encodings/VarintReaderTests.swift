import Bytes
import Testing

@testable import Parquet

@Suite("Variable-length integers")
struct VarintReaderTests {
    struct Vector: Sendable {
        let bytes: [UInt8]
        let unsigned: UInt64
        let signed: Int64
    }

    static let vectors = [
        Vector(bytes: [0], unsigned: 0, signed: 0),
        Vector(bytes: [1], unsigned: 1, signed: -1),
        Vector(bytes: [2], unsigned: 2, signed: 1),
        Vector(bytes: [0x7f], unsigned: 127, signed: -64),
        Vector(bytes: [0x80, 1], unsigned: 128, signed: 64),
        Vector(bytes: [0xe5, 0x8e, 0x26], unsigned: 624_485, signed: -312_243),
        Vector(bytes: [0xff, 0xff, 0xff, 0xff, 0x0f], unsigned: 1 << 32 - 1, signed: -1 << 31),
        Vector(bytes: [UInt8](repeating: 0xff, count: 9) + [1], unsigned: .max, signed: .min),
        Vector(bytes: [0xfe] + [UInt8](repeating: 0xff, count: 8) + [1], unsigned: .max - 1, signed: .max),
        // Longer than needed, but not longer than ten bytes.
        Vector(bytes: [0x80, 0x80, 0], unsigned: 0, signed: 0),
    ]

    @Test(arguments: vectors)
    func reads(_ vector: Vector) throws {
        // Somewhere in the middle, so that the place counts.
        let bytes = Slice(copying: [7, 7] + vector.bytes + [7])
        var reader = VarintReader(bytes, offset: 2)
        #expect(try reader.read() == vector.unsigned)
        #expect(reader.offset == 2 + vector.bytes.count)
        reader = VarintReader(bytes, offset: 2)
        #expect(Int64(bitPattern: try reader.readZigzag()) == vector.signed)
    }

    @Test(arguments: vectors)
    func everyCutIsAnError(_ vector: Vector) {
        for count in vector.bytes.indices {
            #expect(throws: Defect("an integer ends early")) {
                var reader = VarintReader(Slice(copying: Array(vector.bytes[..<count])))
                return try reader.read()
            }
        }
    }

    @Test(arguments: [[UInt8](repeating: 0xff, count: 9) + [2], [UInt8](repeating: 0x80, count: 10) + [0]])
    func moreThan64BitsAreRefused(_ bytes: [UInt8]) {
        #expect(throws: Defect("an integer has more than 64 bits")) {
            var reader = VarintReader(Slice(copying: bytes))
            return try reader.read()
        }
    }
}
