/// The dictionaries of one stream as they stand between two of its messages.
///
/// - Spec: Arrow columnar format, "Dictionary messages".
/// - Ownership: keeps the bodies of the dictionaries that are in force.
public struct Dictionaries {
    /// By ordinal: the place of a dictionary-typed field in the schema's depth-first order.
    private var ids: [Int] = []
    private var fields: [Field] = []
    /// By id; what deltas added comes behind.
    private var values: [Int: [ColumnReader]] = [:]

    /// - Parameter ids: of the schema's dictionaries in the order of ``DataType/dictionaryCount``, as
    ///   ``MessageDecoder/dictionaryIDs()`` gives them; nil where they are counted from 0.
    public init(of schema: Schema, ids: [Int]? = nil) {
        for field in schema.fields { collect(field) }
        precondition(ids == nil || ids?.count == fields.count)
        self.ids = ids ?? Array(fields.indices)
    }

    /// Takes what a dictionary batch brings.
    ///
    /// - Parameter isDelta: whether the values come behind those that are there.
    /// - Throws: `.malformed` for an id that is not the schema's and for values that do not fit their type.
    /// - Cost: copies nothing; compressed values are decompressed.
    public mutating func take(
        _ dictionary: RecordBatch.Dictionary, isDelta: Bool = false, compression: BodyCodec?
    ) throws(ArrowError) {
        guard let ordinal = ids.firstIndex(of: dictionary.id) else {
            throw .malformed(table: "DictionaryBatch", field: "id", .badValue)
        }
        var arrays = BodyArrays(
            dictionary.values, compression: compression, dictionaries: self, firstOrdinal: ordinal + 1)
        let column = try arrays.next(fields[ordinal])
        try arrays.finish()
        guard column.rowCount == dictionary.values.rowCount else {
            throw .malformed(table: "FieldNode", field: "length", .badValue)
        }
        values[dictionary.id] = (isDelta ? values[dictionary.id] ?? [] : []) + [column]
    }

    /// The values of a dictionary in one or more parts; empty before they came.
    func values(ordinal: Int) -> [ColumnReader] {
        guard ids.indices.contains(ordinal) else { return [] }
        return values[ids[ordinal]] ?? []
    }

    private mutating func collect(_ field: Field) {
        if case .dictionary(_, _, let value, _) = field.type {
            let values = Field(name: field.name, type: value, isNullable: true)
            fields.append(values)
            collect(values)
        } else {
            for child in field.type.children { collect(child) }
        }
    }
}
