import Arrow
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

/// What a stored Arrow schema may change: the rules of arrow-rs.
@Suite("Hints of a stored schema")
struct TypeHintTests {
    private typealias Column = FileBuilder.Column

    private static func timestamp(_ unit: Int16, isUTC: Bool) -> FileBuilder.Column {
        Column(
            physicalType: 2,
            logicalType: {
                $0.structure(8) { time in
                    time.boolean(1, isUTC)
                    time.structure(2) { $0.structure(unit) { _ in } }
                }
            })
    }

    private func field(
        _ column: FileBuilder.Column, _ hint: DataType, name: String = "c", metadata: [KeyValue] = []
    ) throws(ParquetError) -> Field {
        var file = FileBuilder(columns: [column])
        let stored = Field(name: name, type: hint, isNullable: true, metadata: metadata)
        file.keyValues = [(StoredSchemaText.key, StoredSchemaText.text([stored]))]
        return try plan(file).schema.fields[0]
    }

    private func plan(_ file: FileBuilder) throws(ParquetError) -> ScanPlan {
        let metadata = try ScanDriver().metadata(file.bytes())
        return try ScanPlan(
            metadata: metadata, columns: Array(metadata.columns.indices), rowGroups: [],
            options: ScanDriver.standard)
    }

    struct Rule: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(column.physicalType) as \(hint)" }
        let column: FileBuilder.Column
        let hint: DataType
        /// The type that is read where the hint is not taken.
        var otherwise: DataType?

        init(_ column: FileBuilder.Column, _ hint: DataType, otherwise: DataType? = nil) {
            self.column = column
            self.hint = hint
            self.otherwise = otherwise
        }
    }

    private static let int32 = Column(physicalType: 1)
    private static let int64 = Column(physicalType: 2)
    private static let int96 = Column(physicalType: 3)
    private static let bytes = Column(physicalType: 6)
    private static let text = Column(physicalType: 6, convertedType: 0)
    private static let date = Column(physicalType: 1, convertedType: 6)
    private static let interval = Column(physicalType: 7, typeLength: 12, convertedType: 21)
    private static let utc = timestamp(2, isUTC: true)
    private static let local = timestamp(2, isUTC: false)
    private static let nanoseconds = timestamp(3, isUTC: false)

    private static func integer(_ bitWidth: Int, isSigned: Bool = true) -> DataType {
        .integer(bitWidth: bitWidth, isSigned: isSigned)
    }

    private static func keyed(_ value: DataType, bitWidth: Int = 8) -> DataType {
        .dictionary(indexBitWidth: bitWidth, isSigned: true, value: value, isOrdered: false)
    }

    static let taken: [Rule] =
        [.second, .millisecond, .microsecond, .nanosecond].flatMap { unit in
            [
                Rule(int32, .timestamp(unit, timeZone: nil)), Rule(int32, .timestamp(unit, timeZone: "Asia/Tokyo")),
                Rule(int64, .timestamp(unit, timeZone: "UTC")), Rule(int64, .duration(unit)),
                Rule(int96, .timestamp(unit, timeZone: "UTC")),
                Rule(nanoseconds, .timestamp(unit, timeZone: "UTC")),
            ] as [Rule]
        } + [
            Rule(int32, .time(.second)), Rule(int32, .time(.millisecond)), Rule(int64, .time(.microsecond)),
            Rule(int64, .time(.nanosecond)), Rule(int64, .date64), Rule(date, .date64),
            Rule(utc, .timestamp(.microsecond, timeZone: "+01:00")),
            Rule(local, .timestamp(.microsecond, timeZone: "UTC")),
            Rule(nanoseconds, .timestamp(.second, timeZone: nil)), Rule(int96, .timestamp(.millisecond, timeZone: nil)),
            Rule(text, .largeUtf8), Rule(text, .utf8View), Rule(bytes, .largeBinary), Rule(bytes, .binaryView),
            Rule(bytes, .utf8), Rule(bytes, .largeUtf8), Rule(bytes, .utf8View),
            Rule(interval, .interval(.yearMonth)), Rule(interval, .interval(.dayTime)),
            Rule(text, keyed(.utf8)), Rule(text, keyed(.largeUtf8, bitWidth: 64)), Rule(int32, keyed(integer(32))),
            Rule(int64, keyed(.duration(.second), bitWidth: 16)), Rule(Column(physicalType: 0), keyed(.boolean)),
        ]

    @Test(arguments: taken)
    func takes(_ rule: Rule) throws { #expect(try field(rule.column, rule.hint).type == rule.hint) }

    static let ignored: [Rule] = [
        Rule(int32, integer(64), otherwise: integer(32)), Rule(int32, integer(8), otherwise: integer(32)),
        Rule(int32, integer(32, isSigned: false), otherwise: integer(32)),
        Rule(int32, .utf8, otherwise: integer(32)), Rule(int32, .null, otherwise: integer(32)),
        Rule(int32, .date32, otherwise: integer(32)), Rule(int32, .time(.nanosecond), otherwise: integer(32)),
        Rule(int32, .duration(.second), otherwise: integer(32)), Rule(int32, .date64, otherwise: integer(32)),
        Rule(int64, .time(.second), otherwise: integer(64)), Rule(int64, .date32, otherwise: integer(64)),
        Rule(int64, .floatingPoint(bitWidth: 64), otherwise: integer(64)),
        Rule(
            int32, .list(Field(name: "item", type: integer(32), isNullable: true)), otherwise: integer(32)),
        // A zone is put in place of another, but not taken away, and the unit stays.
        Rule(
            utc, .timestamp(.microsecond, timeZone: nil), otherwise: .timestamp(.microsecond, timeZone: "UTC")),
        Rule(
            utc, .timestamp(.millisecond, timeZone: "UTC"), otherwise: .timestamp(.microsecond, timeZone: "UTC")),
        Rule(
            local, .timestamp(.millisecond, timeZone: "UTC"), otherwise: .timestamp(.microsecond, timeZone: nil)),
        Rule(text, .binaryView, otherwise: .utf8), Rule(text, .binary, otherwise: .utf8),
        Rule(text, .largeBinary, otherwise: .utf8),
        Rule(bytes, .fixedSizeBinary(byteWidth: 4), otherwise: .binary),
        Rule(date, .timestamp(.second, timeZone: nil), otherwise: .date32),
        Rule(interval, .duration(.second), otherwise: .interval(.dayTime)),
        // Of a dictionary whose values do not fit, the values' own hint is looked at.
        Rule(text, keyed(.binaryView), otherwise: .utf8), Rule(int32, keyed(.utf8), otherwise: integer(32)),
        // Nulls have nothing to look up.
        Rule(
            Column(physicalType: 1, isOptional: true, logicalType: { $0.structure(11) { _ in } }), keyed(.null),
            otherwise: .null),
    ]

    @Test(arguments: ignored)
    func ignores(_ rule: Rule) throws { #expect(try field(rule.column, rule.hint).type == rule.otherwise) }

    @Test(
        arguments: [
            (.init(physicalType: 1, convertedType: 5, scale: 2, precision: 9), 9),
            (.init(physicalType: 2, convertedType: 5, scale: 2, precision: 18), 18),
            (.init(physicalType: 6, convertedType: 5, scale: 2, precision: 30), 30),
            (.init(physicalType: 7, typeLength: 9, convertedType: 5, scale: 2, precision: 20), 20),
        ] as [(FileBuilder.Column, Int)])
    func decimalsOf128BitsMayHaveAnotherWidth(_ column: FileBuilder.Column, _ precision: Int) throws {
        for bitWidth in [32, 64, 256] {
            // With the precision and the scale of the hint, and no value scaled.
            let hint = DataType.decimal(bitWidth: bitWidth, precision: 5, scale: -1)
            #expect(try field(column, hint).type == hint)
        }
        let own = DataType.decimal(bitWidth: 128, precision: precision, scale: 2)
        #expect(try field(column, .decimal(bitWidth: 128, precision: 5, scale: 1)).type == own)
    }

    @Test func decimalsOf256BitsStay() throws {
        let column = Column(physicalType: 6, convertedType: 5, scale: 2, precision: 50)
        let own = DataType.decimal(bitWidth: 256, precision: 50, scale: 2)
        for bitWidth in [32, 64, 128, 256] {
            #expect(try field(column, .decimal(bitWidth: bitWidth, precision: 9, scale: 1)).type == own)
        }
    }

    @Test func intervalsOfNanosecondsAreUnsupported() {
        #expect(
            throws: ParquetError.unsupported("INTERVAL as months, days and nanoseconds", at: .init(column: "c"))
        ) { try field(Self.interval, .interval(.monthDayNano)) }
    }

    // MARK: Nested

    private static let element = Field(name: "x", type: integer(32), isNullable: true)
    private static let list = Column.list("c", Column(name: "element", isOptional: true))
    private static let group = Column.group("c", [Column(name: "x"), Column(name: "y", physicalType: 6)])
    private static let map = Column.map(
        "c", key: Column(name: "key", physicalType: 6, convertedType: 0),
        value: Column(name: "value", physicalType: 6))

    /// The names of children stay those of the file.
    @Test(
        arguments: [
            (.list(element), "list<element: int32>"), (.largeList(element), "large_list<element: int32>"),
            (.listView(element), "list_view<element: int32>"),
            (.largeListView(element), "large_list_view<element: int32>"),
            (.fixedSizeList(element, count: 3), "fixed_size_list<element: int32>[3]"),
        ] as [(DataType, String)])
    func listsHaveEveryForm(_ hint: DataType, _ type: String) throws {
        #expect(ColumnText.name(try field(Self.list, hint).type) == type)
    }

    @Test func hintsReachChildren() throws {
        let item = Field(name: "item", type: .timestamp(.second, timeZone: nil), isNullable: false)
        #expect(ColumnText.name(try field(Self.list, .list(item)).type) == "list<element: timestamp[s]>")
        let fields = [Self.element, Field(name: "y", type: .utf8View, isNullable: true)]
        #expect(
            ColumnText.name(try field(Self.group, .structure(fields)).type)
                == "struct<x: int32 not null, y: string_view not null>")
    }

    @Test func mapsTakeMetadataAndOrder() throws {
        let pair = KeyValue(key: "a", value: "b")
        let parts = [
            Field(name: "whatever", type: .largeUtf8, isNullable: false),
            Field(name: "it is", type: .utf8, isNullable: true),
        ]
        let entries = Field(name: "entries", type: .structure(parts), isNullable: false, metadata: [pair])
        let field = try field(Self.map, .map(entries: entries, isSorted: true))
        guard case .map(let found, true) = field.type else {
            Issue.record("\(field.type)")
            return
        }
        #expect(found.name == "key_value")
        #expect(found.metadata == [pair])
        #expect(found.type.children.map(\.name) == ["key", "value"])
        #expect(found.type.children.map(\.type) == [.largeUtf8, .utf8])
    }

    @Test(
        arguments: [
            (list, integer(32)), (list, .structure([element])), (group, integer(32)), (group, .list(element)),
            (group, .structure([element])), (group, .structure([element, element])),
            (group, .structure([Field(name: "y", type: .binary, isNullable: true), element])),
            (map, .list(element)), (map, .structure([element])), (map, .utf8),
        ] as [(FileBuilder.Column, DataType)])
    func anotherShapeIsRefused(_ column: FileBuilder.Column, _ hint: DataType) {
        #expect(
            throws: ParquetError.malformed(
                "the stored Arrow schema does not fit the Parquet schema", at: .init(column: "c"))
        ) { try field(column, hint) }
    }

    @Test func anotherNameOrNumberOfColumnsIsRefused() {
        let misfit = ParquetError.malformed("the stored Arrow schema does not fit the Parquet schema", at: .file)
        #expect(throws: misfit) { try field(Self.int32, Self.integer(32), name: "d") }
        var file = FileBuilder(columns: [Self.int32])
        for fields in [[], [Self.element, Self.element]] {
            file.keyValues = [(StoredSchemaText.key, StoredSchemaText.text(fields))]
            #expect(throws: misfit) { try plan(file) }
        }
    }

    @Test func aTextThatIsNoSchemaIsRefused() {
        var file = FileBuilder(columns: [Self.int32])
        for text in [
            "!", "QUJD=", "", "QUJD", StoredSchemaText.base64([0xff, 0xff, 0xff, 0xff, 4, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            file.keyValues = [(StoredSchemaText.key, text)]
            guard case .malformed = #expect(throws: ParquetError.self, performing: { try plan(file) }) else {
                Issue.record("\(text) is not malformed")
                continue
            }
        }
        // Other pairs may hold anything, and the last schema counts.
        file.keyValues = [
            ("other", "!"), (StoredSchemaText.key, "!"),
            (StoredSchemaText.key, StoredSchemaText.text([Field(name: "c", type: .date32, isNullable: true)])),
        ]
        #expect(throws: Never.self) { try plan(file) }
    }

    @Test func metadataOfFieldsIsKeptAndNullabilityIsTheFiles() throws {
        var column = Self.int32
        column.fieldID = 5
        let own = KeyValue(key: "a", value: "b")
        let id = KeyValue(key: "PARQUET:field_id", value: "9")
        let kept = try field(column, Self.integer(32), metadata: [own])
        #expect(kept.metadata == [own, KeyValue(key: "PARQUET:field_id", value: "5")])
        #expect(!kept.isNullable)
        #expect(try field(column, Self.integer(32), metadata: [id]).metadata == [id])
    }
}
