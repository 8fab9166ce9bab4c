import Arrow
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

/// The rules of `LogicalTypes.md`, "Nested Types", as arrow-rs reads them.
@Suite("Nested types")
struct SchemaMappingTests {
    private typealias Column = FileBuilder.Column

    struct Mapping: Sendable, CustomTestStringConvertible {
        var testDescription: String { name }
        let name: String
        let column: FileBuilder.Column
        let type: String
        var isNullable = false
    }

    private static let number = Column(name: "x")
    private static let optional = Column(name: "y", isOptional: true)
    private static let key = Column(name: "k", physicalType: 6, convertedType: 0)

    /// A LIST or MAP with anything inside.
    private static func annotated(_ convertedType: Int32, _ children: [FileBuilder.Column]) -> FileBuilder.Column {
        .group("c", convertedType: convertedType, children)
    }

    private static func list(_ child: FileBuilder.Column) -> FileBuilder.Column { annotated(3, [child]) }

    private static func wrapper(
        _ name: String, _ children: FileBuilder.Column..., convertedType: Int32? = nil
    ) -> FileBuilder.Column {
        .group(name, isRepeated: true, convertedType: convertedType, children)
    }

    static let mappings: [Mapping] = [
        Mapping(name: "three levels", column: list(wrapper("list", optional)), type: "list<y: int32>"),
        Mapping(
            name: "three levels, child not null", column: list(wrapper("bag", number)),
            type: "list<x: int32 not null>"),
        Mapping(
            name: "an optional list", column: .list("c", optional), type: "list<y: int32>", isNullable: true),
        Mapping(
            name: "a repeated primitive", column: list(number.repeated()), type: "list<x: int32 not null>"),
        Mapping(
            name: "a repeated group of several fields", column: list(wrapper("pair", number, optional)),
            type: "list<pair: struct<x: int32 not null, y: int32> not null>"),
        Mapping(
            name: "a group named array", column: list(wrapper("array", optional)),
            type: "list<array: struct<y: int32> not null>"),
        Mapping(
            name: "a group named after the list", column: list(wrapper("c_tuple", optional)),
            type: "list<c_tuple: struct<y: int32> not null>"),
        Mapping(
            name: "a group named after another list", column: list(wrapper("d_tuple", optional)),
            type: "list<y: int32>"),
        Mapping(
            name: "a group named array that is a list itself",
            column: list(wrapper("array", optional.repeated(), convertedType: 3)),
            type: "list<y: list<y: int32 not null> not null>"),
        Mapping(
            name: "a group named array of a repeated field", column: list(wrapper("array", optional.repeated())),
            type: "list<y: list<y: int32 not null> not null>"),
        Mapping(
            name: "lists in lists", column: list(wrapper("list", .list("element", optional))),
            type: "list<element: list<y: int32>>"),
        Mapping(
            name: "a repeated field without annotation", column: optional.repeated(),
            type: "list<y: int32 not null>"),
        Mapping(
            name: "a repeated group without annotation", column: wrapper("c", number, optional),
            type: "list<c: struct<x: int32 not null, y: int32> not null>"),
        Mapping(
            name: "a map", column: annotated(1, [wrapper("key_value", key, optional)]),
            type: "map<key: string not null, value: int32>"),
        Mapping(
            name: "a map of old writers", column: annotated(2, [wrapper("map", key, number)]),
            type: "map<key: string not null, value: int32 not null>"),
        Mapping(
            name: "an optional key", column: annotated(1, [wrapper("key_value", optional, optional)]),
            type: "map<key: int32 not null, value: int32>"),
        Mapping(
            name: "MAP_KEY_VALUE inside", column: annotated(1, [wrapper("map", key, optional, convertedType: 2)]),
            type: "map<key: string not null, value: int32>"),
        Mapping(
            name: "a map without values", column: annotated(1, [wrapper("key_value", key)]),
            type: "list<k: string not null>"),
        Mapping(
            name: "a group", column: .group("c", isOptional: true, [number, optional]),
            type: "struct<x: int32 not null, y: int32>", isNullable: true),
        Mapping(
            name: "a group of which a child has no leaves", column: .group("c", [number, .group("empty", [])]),
            type: "struct<x: int32 not null>"),
        Mapping(
            name: "a list by its logical type alone",
            column: {
                var column = list(wrapper("list", optional))
                column.convertedType = nil
                column.logicalType = { $0.structure(3) { _ in } }
                return column
            }(), type: "list<y: int32>"),
        Mapping(
            name: "a map by its logical type alone",
            column: {
                var column = annotated(1, [wrapper("key_value", key, optional)])
                column.convertedType = nil
                column.logicalType = { $0.structure(2) { _ in } }
                return column
            }(), type: "map<key: string not null, value: int32>"),
        Mapping(
            name: "a variant",
            column: {
                var column = Column.group(
                    "c",
                    [
                        Column(name: "metadata", physicalType: 6),
                        Column(name: "value", physicalType: 6, isOptional: true),
                    ])
                column.logicalType = { $0.structure(16) { _ in } }
                return column
            }(), type: "struct<metadata: binary not null, value: binary>"),
    ]

    private func fields(_ columns: [FileBuilder.Column]) throws(ParquetError) -> [Field] {
        let metadata = try ScanDriver().metadata(FileBuilder(columns: columns).bytes())
        return try ScanPlan(metadata: metadata, columns: Array(columns.indices), rowGroups: []).schema.fields
    }

    @Test(arguments: mappings)
    func maps(_ mapping: Mapping) throws {
        let field = try fields([mapping.column])[0]
        #expect(ColumnText.name(field.type) == mapping.type)
        #expect(field.isNullable == mapping.isNullable)
        #expect(field.name == mapping.column.name)
    }

    @Test func aColumnWithoutLeavesIsDropped() throws {
        let empty = FileBuilder.Column.group("empty", [.group("deeper", [])])
        #expect(try fields([empty, Self.number]).map(\.name) == ["x"])
        // So is a list of nothing.
        #expect(try fields([.list("list", empty), Self.number]).map(\.name) == ["x"])
    }

    struct Misfit: Sendable, CustomTestStringConvertible {
        var testDescription: String { message }
        let column: FileBuilder.Column
        let message: String
    }

    static let misfits: [Misfit] = [
        Misfit(column: annotated(3, []), message: "a LIST with 0 children"),
        Misfit(
            column: annotated(3, [number.repeated(), optional.repeated()]), message: "a LIST with 2 children"),
        Misfit(column: list(optional), message: "a LIST whose child is not repeated"),
        Misfit(column: list(wrapper("list", optional)).repeated(), message: "a repeated LIST"),
        Misfit(column: annotated(1, []), message: "a MAP with 0 children"),
        Misfit(
            column: annotated(1, [wrapper("a", key, number), wrapper("b", key, number)]),
            message: "a MAP with 2 children"),
        Misfit(
            column: annotated(1, [.group("key_value", [key, number])]),
            message: "a MAP whose child is not a repeated group"),
        Misfit(column: annotated(1, [key.repeated()]), message: "a MAP whose child is not a repeated group"),
        Misfit(
            column: annotated(1, [wrapper("key_value", key, number, optional)]),
            message: "a MAP with entries of 3 fields"),
        Misfit(column: annotated(1, [wrapper("key_value")]), message: "a MAP with entries of 0 fields"),
        Misfit(
            column: annotated(1, [wrapper("key_value", key.repeated(), number)]),
            message: "a MAP with a repeated key or value"),
        Misfit(
            column: annotated(1, [wrapper("key_value", key, number.repeated())]),
            message: "a MAP with a repeated key or value"),
        Misfit(
            column: annotated(1, [wrapper("key_value", key, number)]).repeated(), message: "a repeated MAP"),
    ]

    @Test(arguments: misfits)
    func refuses(_ misfit: Misfit) {
        #expect(throws: ParquetError.malformed(misfit.message, at: .init(column: "c"))) {
            try fields([misfit.column])
        }
    }

    @Test func anUnreadableLeafIsNamedWithItsPath() {
        let leaf = FileBuilder.Column(name: "leaf", physicalType: 1, convertedType: 0)
        let column = FileBuilder.Column.list("c", .group("element", [leaf]))
        #expect {
            try fields([column])
        } throws: { error in
            guard case ParquetError.malformed(_, let place) = error else { return false }
            return place.column == "c.list.element.leaf"
        }
    }

    @Test func everyFieldKeepsItsID() throws {
        var leaf = FileBuilder.Column(name: "x", fieldID: 3)
        var column = FileBuilder.Column.list("c", .group("element", [leaf]))
        column.fieldID = 1
        column.children![0].children![0].fieldID = 2
        let list = try fields([column])[0]
        func ids(_ field: Field) -> [String] { field.metadata.map { "\($0.key)=\($0.value)" } }
        #expect(ids(list) == ["PARQUET:field_id=1"])
        let element = list.type.children[0]
        #expect(ids(element) == ["PARQUET:field_id=2"])
        #expect(ids(element.type.children[0]) == ["PARQUET:field_id=3"])
        // The id of a repeated field is that of the list, not of its elements.
        leaf.isRepeated = true
        let repeated = try fields([leaf])[0]
        #expect(ids(repeated) == ["PARQUET:field_id=3"])
        #expect(ids(repeated.type.children[0]) == [])
    }
}
