import Arrow
import ParquetFixtures

/// Nested columns of five rows each, with nulls and empty lists at every level.
struct NestedSample: Sendable {
    let column: FileBuilder.Column
    /// What another writer might have stored; nil where nothing but the Parquet schema counts.
    var hint: DataType?
    /// For each leaf its entries and their PLAIN values.
    let leaves: [(entries: PageEntries, values: [UInt8])]
    /// One text for each row.
    let texts: [String]
}

enum NestedSamples {
    private static let number = FileBuilder.Column(name: "element", isOptional: true)
    private static let word = FileBuilder.Column(name: "element", physicalType: 6, isOptional: true, convertedType: 0)

    private static func words(_ values: String...) -> [UInt8] { Encoded.strings(values) }

    /// Definition levels: 0 no list, 1 empty, 2 null, 3 a number.
    static let list = NestedSample(
        column: .list("list", number),
        leaves: [
            (
                PageEntries(
                    [(0, 3), (1, 3), (0, 0), (0, 1), (0, 2), (1, 3), (0, 3)], highestRepetition: 1,
                    highestDefinition: 3),
                Encoded.int32([1, 2, 3, 4])
            )
        ],
        texts: ["[1,2]", "null", "[]", "[null,3]", "[4]"])

    /// Definition levels: 0 no list, 1 empty, 2 no inner list, 3 an empty one, 4 null, 5 a word.
    static let listOfLists = NestedSample(
        column: .list("lists", .list("element", word)),
        leaves: [
            (
                PageEntries(
                    [(0, 5), (1, 3), (0, 0), (0, 1), (0, 2), (1, 5), (2, 5), (1, 4), (0, 5)], highestRepetition: 2,
                    highestDefinition: 5),
                words("x", "y", "z", "w")
            )
        ],
        texts: ["[[x78],[]]", "null", "[]", "[null,[x79,x7a],[null]]", "[[x77]]"])

    /// Definition levels of the keys: 0 no map, 1 empty, 2 a key; of the values one more.
    static let map = NestedSample(
        column: .map(
            "map", key: .init(name: "key", physicalType: 6, convertedType: 0),
            value: .init(name: "value", physicalType: 2, isOptional: true)),
        leaves: [
            (
                PageEntries(
                    [(0, 2), (1, 2), (0, 0), (0, 1), (0, 2), (0, 2)], highestRepetition: 1, highestDefinition: 2),
                words("k", "l", "m", "n")
            ),
            (
                PageEntries(
                    [(0, 3), (1, 2), (0, 0), (0, 1), (0, 3), (0, 3)], highestRepetition: 1, highestDefinition: 3),
                Encoded.int64([1, 2, 3])
            ),
        ],
        texts: ["<x6b:1,x6c:null>", "null", "<>", "<x6d:2>", "<x6e:3>"])

    /// A required number and a list of structures of a flag, inside an optional structure.
    static let structure = NestedSample(
        column: .group(
            "structure", isOptional: true,
            [
                .init(name: "number"),
                .list(
                    "flags", isOptional: true,
                    .group("element", isOptional: true, [.init(name: "flag", physicalType: 0, isOptional: true)])),
            ]),
        leaves: [
            (
                PageEntries(
                    [(0, 1), (0, 0), (0, 1), (0, 1), (0, 1)], highestRepetition: 0, highestDefinition: 1),
                Encoded.int32([7, 8, 9, 10])
            ),
            // 0 no structure, 1 no list, 2 an empty one, 3 no structure in it, 4 no flag, 5 a flag.
            (
                PageEntries(
                    [(0, 5), (1, 4), (1, 3), (0, 0), (0, 1), (0, 2), (0, 5), (1, 5)], highestRepetition: 1,
                    highestDefinition: 5),
                [0b101]
            ),
        ],
        texts: ["{7,[{true},{null},null]}", "null", "{8,null}", "{9,[]}", "{10,[{false},{true}]}"])

    /// Lists of two by a stored schema, with null ones.
    static let fixedSize = NestedSample(
        column: .list("pairs", .init(name: "element")),
        hint: .fixedSizeList(Field(name: "element", type: int32, isNullable: false), count: 2),
        leaves: [
            (
                PageEntries(
                    [(0, 2), (1, 2), (0, 0), (0, 2), (1, 2), (0, 2), (1, 2), (0, 0)], highestRepetition: 1,
                    highestDefinition: 2),
                Encoded.int32([1, 2, 3, 4, 5, 6])
            )
        ],
        texts: ["[1,2]", "null", "[3,4]", "[5,6]", "null"])

    /// Two lists of two in each, null at both levels.
    static let nestedFixedSize = NestedSample(
        column: .list("squares", .list("element", number)),
        hint: .fixedSizeList(
            Field(
                name: "element", type: .fixedSizeList(Field(name: "element", type: int32, isNullable: true), count: 2),
                isNullable: true), count: 2),
        leaves: [
            (
                PageEntries(
                    [
                        (0, 5), (2, 5), (1, 5), (2, 4), (0, 0), (0, 2), (1, 5), (2, 5), (0, 2), (1, 2), (0, 5), (2, 5),
                        (1, 2),
                    ], highestRepetition: 2, highestDefinition: 5),
                Encoded.int32([1, 2, 3, 4, 5, 6, 7])
            )
        ],
        texts: ["[[1,2],[3,null]]", "null", "[null,[4,5]]", "[null,null]", "[[6,7],null]"])

    /// A repeated field without annotation: never null, nor are its elements.
    static let repeated = NestedSample(
        column: FileBuilder.Column(name: "repeated").repeated(),
        leaves: [
            (
                PageEntries(
                    [(0, 1), (1, 1), (0, 0), (0, 0), (0, 1), (0, 1)], highestRepetition: 1, highestDefinition: 1),
                Encoded.int32([1, 2, 3, 4])
            )
        ],
        texts: ["[1,2]", "[]", "[]", "[3]", "[4]"])

    private static func listLike(_ type: DataType) -> NestedSample {
        NestedSample(column: list.column, hint: type, leaves: list.leaves, texts: list.texts)
    }

    static let int32 = DataType.integer(bitWidth: 32, isSigned: true)
    private static let keyed = DataType.dictionary(
        indexBitWidth: 8, isSigned: true, value: int32, isOrdered: false)
    private static let item = Field(name: "element", type: int32, isNullable: true)

    static let all = [
        list, listOfLists, map, structure, fixedSize, nestedFixedSize, repeated, listLike(.largeList(item)),
        listLike(.listView(item)), listLike(.largeListView(item)),
        listLike(.list(Field(name: "element", type: keyed, isNullable: true))),
        NestedSample(
            column: fixedSize.column,
            hint: .fixedSizeList(Field(name: "element", type: keyed, isNullable: false), count: 2),
            leaves: fixedSize.leaves, texts: fixedSize.texts),
    ]

    /// All of them in one file, version 1 and version 2 pages and BIT_PACKED levels taking turns.
    static let file: [UInt8] = {
        var file = FileBuilder(columns: [])
        var fields: [Field] = []
        var pages: [[FileBuilder.Page]] = []
        for (index, sample) in all.enumerated() where sample.hint == nil || index < 6 {
            file.columns.append(sample.column)
            for leaf in sample.leaves {
                let page =
                    switch pages.count % 3 {
                    case 0: leaf.entries.page1(leaf.values)
                    case 1: leaf.entries.page2(leaf.values)
                    default: leaf.entries.bitPackedPage(leaf.values)
                    }
                pages.append([page])
            }
            fields.append(Field(name: sample.column.name, type: sample.hint ?? storedType(index), isNullable: true))
        }
        file.rowGroups = [(5, pages)]
        file.keyValues = [(StoredSchemaText.key, StoredSchemaText.text(fields))]
        return file.bytes()
    }()

    /// The types of those above that have no hint of their own.
    private static func storedType(_ index: Int) -> DataType {
        let text = Field(name: "element", type: .utf8, isNullable: true)
        switch index {
        case 1: return .list(Field(name: "element", type: .list(text), isNullable: true))
        case 2:
            let entries = DataType.structure([
                Field(name: "key", type: .utf8, isNullable: false),
                Field(name: "value", type: .integer(bitWidth: 64, isSigned: true), isNullable: true),
            ])
            return .map(entries: Field(name: "key_value", type: entries, isNullable: false), isSorted: false)
        case 3:
            let flag = DataType.structure([Field(name: "flag", type: .boolean, isNullable: true)])
            return .structure([
                Field(name: "number", type: int32, isNullable: false),
                Field(
                    name: "flags", type: .list(Field(name: "element", type: flag, isNullable: true)), isNullable: true),
            ])
        default: return .list(item)
        }
    }
}
