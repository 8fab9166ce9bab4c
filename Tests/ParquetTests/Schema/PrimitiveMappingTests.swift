import Arrow
import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

@Suite("Types of leaves")
struct PrimitiveMappingTests {
    struct Mapping: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(column.physicalType) \(column.convertedType ?? -1) \(type)" }
        let column: FileBuilder.Column
        let type: String
    }

    private static func column(
        _ physicalType: Int32, _ convertedType: Int32? = nil, length: Int32? = nil, precision: Int32? = nil,
        scale: Int32? = nil, logical: (@Sendable (inout ThriftWriter) -> Void)? = nil
    ) -> FileBuilder.Column {
        var column = FileBuilder.Column(physicalType: physicalType, typeLength: length, convertedType: convertedType)
        column.precision = precision
        column.scale = scale
        column.logicalType = logical
        return column
    }

    /// A member of the union without anything inside.
    private static func member(_ id: Int16) -> @Sendable (inout ThriftWriter) -> Void { { $0.structure(id) { _ in } } }

    private static func time(_ id: Int16, unit: Int16, isUTC: Bool) -> @Sendable (inout ThriftWriter) -> Void {
        {
            $0.structure(id) { time in
                time.boolean(1, isUTC)
                time.structure(2) { $0.structure(unit) { _ in } }
            }
        }
    }

    static let mappings = [
        Mapping(column: column(0), type: "bool"),
        Mapping(column: column(1), type: "int32"),
        Mapping(column: column(2), type: "int64"),
        Mapping(column: column(3), type: "timestamp[ns]"),
        Mapping(column: column(4), type: "float"),
        Mapping(column: column(5), type: "double"),
        Mapping(column: column(6), type: "binary"),
        Mapping(column: column(7, length: 5), type: "fixed_size_binary[5]"),
        Mapping(column: column(1, 11), type: "uint8"),
        Mapping(column: column(1, 12), type: "uint16"),
        Mapping(column: column(1, 13), type: "uint32"),
        Mapping(column: column(2, 14), type: "uint64"),
        Mapping(column: column(1, 15), type: "int8"),
        Mapping(column: column(1, 16), type: "int16"),
        Mapping(column: column(1, 17), type: "int32"),
        Mapping(column: column(2, 18), type: "int64"),
        Mapping(column: column(6, 0), type: "string"),
        Mapping(column: column(6, 19), type: "string"),
        Mapping(column: column(6, 4), type: "binary"),
        Mapping(column: column(6, 20), type: "binary"),
        Mapping(column: column(1, 6), type: "date32[day]"),
        Mapping(column: column(1, 7), type: "time32[ms]"),
        Mapping(column: column(2, 8), type: "time64[us]"),
        Mapping(column: column(2, 9), type: "timestamp[ms, tz=UTC]"),
        Mapping(column: column(2, 10), type: "timestamp[us, tz=UTC]"),
        Mapping(column: column(1, 5, precision: 9, scale: 2), type: "decimal128(9, 2)"),
        Mapping(column: column(2, 5, precision: 18, scale: 0), type: "decimal128(18, 0)"),
        Mapping(column: column(6, 5, precision: 38, scale: 3), type: "decimal128(38, 3)"),
        Mapping(column: column(6, 5, precision: 39, scale: 3), type: "decimal256(39, 3)"),
        Mapping(column: column(7, 5, length: 16, precision: 38, scale: 38), type: "decimal128(38, 38)"),
        Mapping(column: column(7, 5, length: 17, precision: 20, scale: 1), type: "decimal256(20, 1)"),
        Mapping(column: column(2, logical: time(7, unit: 3, isUTC: true)), type: "time64[ns]"),
        Mapping(column: column(2, logical: time(8, unit: 3, isUTC: false)), type: "timestamp[ns]"),
        Mapping(column: column(2, 10, logical: time(8, unit: 1, isUTC: false)), type: "timestamp[ms]"),
        Mapping(column: column(7, length: 2, logical: member(15)), type: "halffloat"),
        Mapping(column: column(7, length: 16, logical: member(14)), type: "fixed_size_binary[16]"),
        Mapping(column: column(1, logical: member(11)), type: "null"),
        Mapping(column: column(7, 21, length: 12), type: "day_time_interval"),
        // GEOMETRY and a member that does not exist.
        Mapping(column: column(6, logical: member(17)), type: "binary"),
        Mapping(column: column(6, logical: member(99)), type: "binary"),
    ]

    private func field(_ column: FileBuilder.Column) throws(ParquetError) -> Field {
        let metadata = try ScanDriver().metadata(FileBuilder(columns: [column]).bytes())
        return try ScanPlan(metadata: metadata, columns: [0], rowGroups: []).schema.fields[0]
    }

    @Test(arguments: mappings)
    func maps(_ mapping: Mapping) throws {
        #expect(ColumnText.name(try field(mapping.column).type) == mapping.type)
    }

    static let misfits = [
        Mapping(column: column(2, 6), type: "DATE on INT64"),
        Mapping(column: column(2, 15), type: "INT_8 on INT64"),
        Mapping(column: column(1, 10), type: "TIMESTAMP on INT32"),
        Mapping(column: column(1, 0), type: "UTF8 on INT32"),
        Mapping(column: column(1, 5, precision: 10, scale: 0), type: "DECIMAL(10) on INT32"),
        Mapping(column: column(1, 5, precision: 0, scale: 0), type: "DECIMAL(0)"),
        Mapping(column: column(1, 5, precision: 3, scale: 4), type: "DECIMAL(3, 4)"),
        Mapping(column: column(6, 5, precision: 77, scale: 0), type: "DECIMAL(77)"),
        Mapping(column: column(7, 5, length: 33, precision: 20, scale: 0), type: "DECIMAL of 33 bytes"),
        Mapping(column: column(7), type: "no length"),
        Mapping(column: column(7, length: -1), type: "negative length"),
        Mapping(column: column(7, length: 15, logical: member(14)), type: "UUID of 15 bytes"),
        Mapping(column: column(7, length: 4, logical: member(15)), type: "FLOAT16 of 4 bytes"),
    ]

    @Test(arguments: misfits)
    func refusesMisfits(_ mapping: Mapping) {
        guard case .malformed = #expect(throws: ParquetError.self, performing: { try field(mapping.column) }) else {
            Issue.record("\(mapping.type) is not malformed")
            return
        }
    }

    @Test func fieldIDsBecomeMetadata() throws {
        let column = FileBuilder.Column(name: "x", isOptional: true, fieldID: 7)
        let type = DataType.integer(bitWidth: 32, isSigned: true)
        #expect(
            try field(column)
                == Field(
                    name: "x", type: type, isNullable: true,
                    metadata: [KeyValue(key: "PARQUET:field_id", value: "7")]))
    }
}
