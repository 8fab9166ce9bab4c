import Testing

@testable import Arrow

@Suite("Schemas with children and dictionaries")
struct NestedSchemaTests {
    /// The numbers of `Schema.fbs`, union `Type`, of types that others must recognize.
    static let numbers: [(DataType, Int8)] = [
        (.interval(.yearMonth), 11), (.list(item), 12), (.structure([item]), 13), (.fixedSizeList(item, count: 2), 16),
        (.map(entries: entries, isSorted: false), 17), (.duration(.second), 18), (.largeBinary, 19), (.largeUtf8, 20),
        (.largeList(item), 21), (.binaryView, 23), (.utf8View, 24), (.listView(item), 25), (.largeListView(item), 26),
        // A dictionary has the number of its values.
        (.dictionary(indexBitWidth: 8, isSigned: true, value: .largeUtf8, isOrdered: false), 20),
    ]
    static let item = Field(name: "item", type: .boolean, isNullable: true)
    static let entries = Field(
        name: "entries", type: .structure([Field(name: "key", type: .utf8, isNullable: false), item]), isNullable: false
    )

    private func fields(_ types: [DataType]) throws -> [FlatBufferTable] {
        try MessageDecoder(MessageEncoder.schema(makeSchema(types))).header.tables(1, "fields", of: "Field")
    }

    @Test func typesHaveTheNumbersOfTheSpecification() throws {
        let fields = try fields(Self.numbers.map(\.0))
        #expect(try fields.map { try $0.integer(2, "type_type", default: Int8(0)) } == Self.numbers.map(\.1))
    }

    @Test func valuesThatAreDefaultsAreWritten() throws {
        let fields = try fields([
            .date64, .time(.millisecond), .duration(.millisecond), .interval(.yearMonth),
            .decimal(bitWidth: 128, precision: 1, scale: 0),
        ])
        // With another default the value of the table itself must show.
        func value(_ field: Int, _ slot: Int) throws -> Int16 {
            try fields[field].requiredTable(3, "type", "Type").integer(slot, "value", default: Int16(-1))
        }
        #expect(try value(0, 0) == 1)
        #expect(try value(1, 0) == 1)
        #expect(try value(1, 1) == 32)
        #expect(try value(2, 0) == 1)
        #expect(try value(3, 0) == 0)
        #expect(try value(4, 2) == 128)
    }

    @Test func dictionariesAreCountedDepthFirst() throws {
        func dictionary(_ value: DataType) -> DataType {
            .dictionary(indexBitWidth: 32, isSigned: true, value: value, isOrdered: false)
        }
        func field(_ name: String, _ type: DataType) -> Field { Field(name: name, type: type, isNullable: true) }
        let schema = Schema(fields: [
            field("a", .structure([field("b", .list(field("c", dictionary(.utf8)))), field("d", .utf8)])),
            field("e", dictionary(.structure([field("f", dictionary(.binary)), field("g", dictionary(.utf8))]))),
            field("h", dictionary(.utf8)),
        ])
        #expect(schema.fields.map(\.type.dictionaryCount) == [1, 3, 1])
        let message = try MessageDecoder(MessageEncoder.schema(schema))
        #expect(try message.schema() == schema)
        #expect(try message.dictionaryIDs() == [0, 1, 2, 3, 4])
    }

    @Test func anAbsentIndexTypeIsInt32() throws {
        let bytes = schemaMessage { writer in
            let name = writer.string("d")
            let type = writer.table([])
            let encoding = writer.table([.int64(9)])
            return writer.table([
                .offset(name), nil, .int8(TypeKind.utf8.rawValue), .offset(type), .offset(encoding),
            ])
        }
        let message = try MessageDecoder(bytes)
        #expect(
            try message.schema().fields[0].type
                == .dictionary(indexBitWidth: 32, isSigned: true, value: .utf8, isOrdered: false))
        #expect(try message.dictionaryIDs() == [9])
    }

    @Test func nestingEndsAtTheLimit() throws {
        func nested(levels: Int) -> Schema {
            let type = (1..<levels).reduce(DataType.utf8) { type, _ in
                .list(Field(name: "l", type: type, isNullable: true))
            }
            return Schema(fields: [Field(name: "l", type: type, isNullable: true)])
        }
        let deepest = nested(levels: SchemaDecoder.levelLimit)
        #expect(try MessageDecoder(MessageEncoder.schema(deepest)).schema() == deepest)
        for levels in [SchemaDecoder.levelLimit + 1, 100_000] {
            // Written from the inside, so that only the reader has to go down.
            let bytes = schemaMessage { writer in
                (1..<levels).reduce(Self.table("l", .utf8, nil, in: &writer)) { child, _ in
                    let children = writer.vector([child])
                    return Self.table("l", .list, children, in: &writer)
                }
            }
            #expect(throws: ArrowError.malformed(table: "Field", field: "children", .tooLarge)) {
                try MessageDecoder(bytes).schema()
            }
        }
    }

    @Test func childrenMustFitTheType() throws {
        let refused: [(TypeKind, childCount: Int)] = [
            (.list, 0), (.list, 2), (.largeList, 0), (.listView, 2), (.largeListView, 0), (.fixedSizeList, 0),
            (.map, 0),
            (.utf8, 1), (.null, 2),
            // The entries are no structure.
            (.map, 1),
        ]
        for (kind, childCount) in refused {
            let bytes = schemaMessage { writer in
                let child = Self.table("child", .utf8, nil, in: &writer)
                let children = writer.vector([FlatBufferWriter.Position](repeating: child, count: childCount))
                return Self.table("parent", kind, children, in: &writer)
            }
            #expect(throws: ArrowError.malformed(table: "Field", field: "children", .badValue), "\(kind)") {
                try MessageDecoder(bytes).schema()
            }
        }
    }

    @Test func numbersOutOfRangeAreNamed() throws {
        let refused: [(TypeKind, [FlatBufferWriter.Value], String)] = [
            (.date, [.int16(2)], "unit"), (.duration, [.int16(4)], "unit"), (.interval, [.int16(3)], "unit"),
            (.decimal, [.int32(9), .int32(0), .int32(16)], "bitWidth"), (.fixedSizeBinary, [.int32(-1)], "byteWidth"),
        ]
        for (kind, values, name) in refused {
            let bytes = schemaMessage { writer in
                let column = writer.string("c")
                let type = writer.table(values)
                return writer.table([.offset(column), nil, .int8(kind.rawValue), .offset(type)])
            }
            #expect(throws: ArrowError.malformed(table: "Type", field: name, .badValue)) {
                try MessageDecoder(bytes).schema()
            }
        }
    }

    private static func table(
        _ name: String, _ kind: TypeKind, _ children: FlatBufferWriter.Position?, in writer: inout FlatBufferWriter
    ) -> FlatBufferWriter.Position {
        let name = writer.string(name)
        let type = writer.table([])
        return writer.table([
            .offset(name), nil, .int8(kind.rawValue), .offset(type), nil, children.map { .offset($0) },
        ])
    }
}

/// The message of a schema with the one field that is written.
func schemaMessage(_ field: (inout FlatBufferWriter) -> FlatBufferWriter.Position) -> [UInt8] {
    var writer = FlatBufferWriter()
    let field = field(&writer)
    let fields = writer.vector([field])
    let schema = writer.table([nil, .offset(fields)])
    let root = writer.table([.int16(metadataVersion), .int8(1), .offset(schema), .int64(0)])
    return writer.finish(root: root)
}
