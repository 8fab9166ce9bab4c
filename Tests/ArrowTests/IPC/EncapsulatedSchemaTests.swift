import Testing

@testable import Arrow

@Suite("Encapsulated schema messages")
struct EncapsulatedSchemaTests {
    private static let metadata = MessageEncoder.schema(mixedSchema)
    private static let length = littleEndian([UInt32(metadata.count)])
    private static let continuation: [UInt8] = [0xff, 0xff, 0xff, 0xff]

    @Test func bothFormsAreRead() throws {
        for bytes in [Self.continuation + Self.length + Self.metadata, Self.length + Self.metadata] {
            #expect(try MessageDecoder.schema(fromEncapsulated: bytes) == mixedSchema)
            // The end of a stream may follow.
            #expect(
                try MessageDecoder.schema(fromEncapsulated: bytes + Self.continuation + [0, 0, 0, 0]) == mixedSchema)
        }
    }

    /// What pyarrow keeps of a list of dictionary indices and a date in milliseconds, in base64 as Parquet files have it.
    private static let foreign =
        "/////3ABAAAQAAAAAAAKAA4ABgAFAAgACgAAAAABBAAQAAAAAAAKAAwAAAAEAAgACgAAACwAAAAEAAAAAQAAAAQAAACY////EAAAAAQAAAABAAAA"
        + "YgAAAAEAAABhAAAAAgAAAIAAAAAYAAAAAAASABgACAAGAAcADAAAABAAFAASAAAAAAABCBQAAABEAAAACAAAABAAAAAAAAAAAQAAAGQAAAABAAAA"
        + "DAAAAAgADAAEAAgACAAAABAAAAAEAAAAAQAAAHYAAAABAAAAawAAAGT///8QABQACAAGAAcADAAAABAAEAAAAAAAAQwUAAAAHAAAAAQAAAABAAAA"
        + "JAAAAAQAAAB0YWdzAAAAAKD///8QABgACAAAAAcADAAQABQAEAAAAAAAABQUAAAARAAAACAAAAAEAAAAAAAAAAMAAAB0YWcAAAAKAA4AAAAIAAcA"
        + "CgAAAAAAAAEMAAAAAAAGAAgABAAGAAAACAAAAAQABAAEAAAAAAAAAA=="

    @Test func anotherWritersSchemaIsRead() throws {
        let bytes = try #require(Base64.decode(Self.foreign))
        let tag = Field(
            name: "tag",
            type: .dictionary(indexBitWidth: 8, isSigned: false, value: .largeUtf8, isOrdered: true), isNullable: false)
        #expect(
            try MessageDecoder.schema(fromEncapsulated: bytes)
                == Schema(
                    fields: [
                        Field(name: "tags", type: .list(tag), isNullable: true),
                        Field(
                            name: "d", type: .date64, isNullable: true, metadata: [KeyValue(key: "k", value: "v")]),
                    ], metadata: [KeyValue(key: "a", value: "b")]))
    }

    @Test func whatIsCutIsAnError() {
        for bytes in [Self.continuation + Self.length + Self.metadata, Self.length + Self.metadata] {
            for count in bytes.indices {
                #expect(throws: ArrowError.self) {
                    try MessageDecoder.schema(fromEncapsulated: Array(bytes.prefix(count)))
                }
            }
        }
    }

    @Test func lengthsAreChecked() {
        for (length, defect) in [
            (0, .badValue), (-2, .badValue), (Int32(Self.metadata.count) + 1, .outOfBounds), (.max, .outOfBounds),
        ] as [(Int32, ArrowError.Defect)] {
            #expect(throws: ArrowError.malformed(table: "Message", field: "length", defect)) {
                try MessageDecoder.schema(fromEncapsulated: Self.continuation + littleEndian([length]) + Self.metadata)
            }
        }
        #expect(throws: ArrowError.malformed(table: "Message", field: "length", .missing)) {
            try MessageDecoder.schema(fromEncapsulated: Self.continuation)
        }
    }

    @Test func anotherMessageIsRefused() {
        let batch = MessageEncoder.recordBatch(smallBatch)
        #expect(throws: ArrowError.malformed(table: "Message", field: "header_type", .badValue)) {
            try MessageDecoder.schema(fromEncapsulated: littleEndian([UInt32(batch.count)]) + batch)
        }
    }
}
