/// Writes the tables of one schema.
///
/// Every value is written, also where it is the default of its field: readers need not agree on defaults then.
///
/// - Spec: Arrow `Schema.fbs`, tables `Schema` and `Field` and all that they point to.
struct SchemaEncoder {
    /// Dictionaries met so far; the next one has this id.
    private var dictionaryCount = 0

    /// The schema as a part of a larger FlatBuffer.
    static func table(of schema: Schema, in writer: inout FlatBufferWriter) -> FlatBufferWriter.Position {
        var encoder = SchemaEncoder()
        let fields = encoder.vector(of: schema.fields, in: &writer)
        let metadata = vector(of: schema.metadata, in: &writer)
        return writer.table([.int16(0), .offset(fields), metadata.map { .offset($0) }, nil])
    }

    private mutating func vector(
        of fields: [Field], in writer: inout FlatBufferWriter
    ) -> FlatBufferWriter.Position {
        var positions: [FlatBufferWriter.Position] = []
        for field in fields { positions.append(table(of: field, in: &writer)) }
        return writer.vector(positions)
    }

    private mutating func table(of field: Field, in writer: inout FlatBufferWriter) -> FlatBufferWriter.Position {
        let metadata = Self.vector(of: field.metadata, in: &writer)
        // A field of indices has the type of the values; the type of the indices stands in the encoding.
        var valueType = field.type
        var encoding: FlatBufferWriter.Position?
        if case .dictionary(let indexBitWidth, let isSigned, let value, let isOrdered) = field.type {
            valueType = value
            let indexType = writer.table([.int32(Int32(indexBitWidth)), .bool(isSigned)])
            encoding = writer.table([
                .int64(Int64(dictionaryCount)), .offset(indexType), .bool(isOrdered),
                .int16(DictionaryKind.denseArray.rawValue),
            ])
            dictionaryCount += 1
        }
        let children = vector(of: valueType.children, in: &writer)
        let (kind, type) = Self.table(of: valueType, in: &writer)
        let name = writer.string(field.name)
        return writer.table([
            .offset(name), .bool(field.isNullable), .int8(kind.rawValue), .offset(type),
            encoding.map { .offset($0) }, .offset(children), metadata.map { .offset($0) },
        ])
    }

    /// Nil for no metadata at all.
    private static func vector(
        of metadata: [KeyValue], in writer: inout FlatBufferWriter
    ) -> FlatBufferWriter.Position? {
        guard !metadata.isEmpty else { return nil }
        var entries: [FlatBufferWriter.Position] = []
        for entry in metadata {
            let value = writer.string(entry.value)
            let key = writer.string(entry.key)
            entries.append(writer.table([.offset(key), .offset(value)]))
        }
        return writer.vector(entries)
    }

    /// - Precondition: not a dictionary: a field has one encoding at most.
    private static func table(
        of type: DataType, in writer: inout FlatBufferWriter
    ) -> (TypeKind, FlatBufferWriter.Position) {
        switch type {
        case .null: return (.null, writer.table([]))
        case .boolean: return (.bool, writer.table([]))
        case .integer(let bitWidth, let isSigned):
            return (.int, writer.table([.int32(Int32(bitWidth)), .bool(isSigned)]))
        case .floatingPoint(let bitWidth):
            return (.floatingPoint, writer.table([.int16(Int16(bitWidth.trailingZeroBitCount - 4))]))
        case .decimal(let bitWidth, let precision, let scale):
            return (.decimal, writer.table([.int32(Int32(precision)), .int32(Int32(scale)), .int32(Int32(bitWidth))]))
        case .date32: return (.date, writer.table([.int16(DateUnit.day.rawValue)]))
        case .date64: return (.date, writer.table([.int16(DateUnit.millisecond.rawValue)]))
        case .time(let unit):
            let bitWidth = type.fixedBitWidth ?? 64
            return (.time, writer.table([.int16(unit.code), .int32(Int32(bitWidth))]))
        case .timestamp(let unit, let timeZone):
            let zone = timeZone.map { writer.string($0) }
            return (.timestamp, writer.table([.int16(unit.code), zone.map { .offset($0) }]))
        case .duration(let unit): return (.duration, writer.table([.int16(unit.code)]))
        case .interval(let unit): return (.interval, writer.table([.int16(unit.code)]))
        case .utf8: return (.utf8, writer.table([]))
        case .largeUtf8: return (.largeUtf8, writer.table([]))
        case .utf8View: return (.utf8View, writer.table([]))
        case .binary: return (.binary, writer.table([]))
        case .largeBinary: return (.largeBinary, writer.table([]))
        case .binaryView: return (.binaryView, writer.table([]))
        case .fixedSizeBinary(let byteWidth): return (.fixedSizeBinary, writer.table([.int32(Int32(byteWidth))]))
        case .list: return (.list, writer.table([]))
        case .largeList: return (.largeList, writer.table([]))
        case .listView: return (.listView, writer.table([]))
        case .largeListView: return (.largeListView, writer.table([]))
        case .fixedSizeList(_, let count): return (.fixedSizeList, writer.table([.int32(Int32(count))]))
        case .structure: return (.structure, writer.table([]))
        case .map(_, let isSorted): return (.map, writer.table([.bool(isSorted)]))
        case .dictionary: preconditionFailure("the values of a dictionary are in a dictionary")
        }
    }
}
