import Arrow

/// Turns the schema of a file into Arrow fields and the shapes they are read by.
///
/// - Spec: Parquet `LogicalTypes.md`, "Nested Types" with its backward compatibility rules; where writers and readers
///   differ, arrow-rs decides. A stored Arrow schema is a hint to types, never to names or nullability.
struct SchemaMapping {
    /// Where in the tree, as far as it has been walked.
    private struct Context {
        /// Levels of the slots: those that elements of the nearest repeated ancestor have.
        var repetition = 0
        var slotDefinition = 0
        /// The level of a parent that is not null.
        var definition = 0
        var path: String
        var hint: Field?
    }

    let schema: SchemaTree
    /// Whether a stored dictionary type is kept.
    let keepsDictionaries: Bool

    /// One top-level column; nil for a group without leaves.
    ///
    /// - Throws: for a type that cannot be read; other columns are not affected.
    func shape(of column: TopLevelColumn, hint: Field?) throws(ParquetError) -> ArrayShape? {
        try visit(column.elementIndex, Context(path: column.name, hint: hint))
    }

    private func visit(_ index: Int, _ context: Context) throws(ParquetError) -> ArrayShape? {
        let element = schema.elements[index]
        guard element.isGroup else { return try primitive(index, context) }
        switch element.logicalType {
        case .list: return try list(index, context)
        case .map: return try map(index, context)
        default: return try structure(index, context)
        }
    }

    // MARK: Leaves

    private func primitive(_ index: Int, _ context: Context) throws(ParquetError) -> ArrayShape? {
        let element = schema.elements[index]
        if element.repetition == .repeated {
            return try repeated(index, context) { index, context throws(ParquetError) in
                try primitive(index, context, .required)
            }
        }
        return try primitive(index, context, try repetition(index, context))
    }

    private func primitive(
        _ index: Int, _ context: Context, _ repetition: SchemaElement.Repetition
    ) throws(ParquetError) -> ArrayShape? {
        let element = schema.elements[index]
        guard let physicalType = element.physicalType else { preconditionFailure("a leaf without a type") }
        let place = ParquetError.Place(column: context.path)
        var mapping = try PrimitiveMapping(element, physicalType, place)
        if let hint = context.hint { mapping = try mapping.hinted(by: hint.type, physicalType, place) }
        if !keepsDictionaries { mapping = mapping.withoutDictionary() }
        let definition = context.definition + (repetition == .optional ? 1 : 0)
        let leaf = Leaf(
            index: schema.leaf(of: index), path: context.path, physicalType: physicalType,
            typeLength: physicalType == .fixedLengthByteArray ? Int(element.typeLength) : 0,
            maxRepetition: context.repetition, maxDefinition: definition, values: mapping.values)
        return ArrayShape(
            field: field(element, mapping.type, isNullable: repetition == .optional, context.hint), kind: .leaf(leaf),
            slotRepetition: context.repetition, slotDefinition: context.slotDefinition, validDefinition: definition)
    }

    // MARK: Structures

    private func structure(_ index: Int, _ context: Context) throws(ParquetError) -> ArrayShape? {
        if schema.elements[index].repetition == .repeated {
            return try repeated(index, context) { index, context throws(ParquetError) in
                try structure(index, context, .required)
            }
        }
        return try structure(index, context, try repetition(index, context))
    }

    private func structure(
        _ index: Int, _ context: Context, _ repetition: SchemaElement.Repetition
    ) throws(ParquetError) -> ArrayShape? {
        let element = schema.elements[index]
        let children = schema.children(of: index)
        var hints: [Field]?
        if let hint = context.hint {
            guard case .structure(let fields) = hint.type else { throw mismatch(context) }
            guard fields.count == children.count else { throw mismatch(context) }
            hints = fields
        }
        let definition = context.definition + (repetition == .optional ? 1 : 0)
        var shapes: [ArrayShape] = []
        for (position, child) in children.enumerated() {
            let name = schema.elements[child].name
            if let hints, hints[position].name != name { throw mismatch(context) }
            let inner = Context(
                repetition: context.repetition, slotDefinition: context.slotDefinition, definition: definition,
                path: context.path + "." + name, hint: hints?[position])
            if let shape = try visit(child, inner) { shapes.append(shape) }
        }
        guard !shapes.isEmpty else { return nil }
        return ArrayShape(
            field: field(
                element, .structure(shapes.map(\.field)), isNullable: repetition == .optional, context.hint),
            kind: .structure(shapes), slotRepetition: context.repetition, slotDefinition: context.slotDefinition,
            validDefinition: definition)
    }

    // MARK: Lists

    /// A repeated field without annotation: a list that is never null, of elements that are never null.
    private func repeated(
        _ index: Int, _ context: Context, listElement: Int? = nil, isNullable: Bool = false,
        _ visitElement: (Int, Context) throws(ParquetError) -> ArrayShape?
    ) throws(ParquetError) -> ArrayShape? {
        var hint = context.hint
        if let list = context.hint, let item = list.type.listItem { hint = item }
        let valid = context.definition + (isNullable ? 1 : 0)
        let inner = Context(
            repetition: context.repetition + 1, slotDefinition: valid + 1, definition: valid + 1, path: context.path,
            hint: hint)
        guard let element = try visitElement(index, inner) else { return nil }
        // An id of the field is that of the list.
        var item = element.field
        item.metadata.removeAll { $0.key == Self.fieldIDKey }
        return list(
            schema.elements[listElement ?? index], context, element.with(item), isNullable: isNullable, valid: valid)
    }

    private func list(_ index: Int, _ context: Context) throws(ParquetError) -> ArrayShape? {
        let element = schema.elements[index]
        let children = schema.children(of: index)
        guard children.count == 1 else { throw malformed("a LIST with \(children.count) children", context) }
        let child = children[0]
        let wrapper = schema.elements[child]
        guard wrapper.repetition == .repeated else { throw malformed("a LIST whose child is not repeated", context) }
        let repetition = try repetition(index, context)
        guard repetition != .repeated else { throw malformed("a repeated LIST", context) }
        if let hint = context.hint, hint.type.listItem == nil { throw mismatch(context) }
        var inner = context
        inner.path += "." + wrapper.name
        let isNullable = repetition == .optional
        if !wrapper.isGroup {
            return try repeated(child, inner, listElement: index, isNullable: isNullable) {
                index, context throws(ParquetError) in
                try primitive(index, context, .required)
            }
        }
        let items = schema.children(of: child)
        let isOneTuple =
            items.count == 1 && wrapper.logicalType != .list && schema.elements[items[0]].repetition != .repeated
            && (wrapper.name == "array" || wrapper.name == element.name + "_tuple")
        if items.count != 1 || isOneTuple {
            return try repeated(child, inner, listElement: index, isNullable: isNullable) {
                index, context throws(ParquetError) in
                try structure(index, context, .required)
            }
        }
        // The wrapper disappears.
        let valid = context.definition + (isNullable ? 1 : 0)
        let item = Context(
            repetition: context.repetition + 1, slotDefinition: valid + 1, definition: valid + 1,
            path: inner.path + "." + schema.elements[items[0]].name, hint: context.hint?.type.listItem)
        guard let shape = try visit(items[0], item) else { return nil }
        return list(element, context, shape, isNullable: isNullable, valid: valid)
    }

    private func list(
        _ element: SchemaElement, _ context: Context, _ item: ArrayShape, isNullable: Bool, valid: Int
    ) -> ArrayShape {
        let type: DataType
        let form: ArrayShape.ListForm
        switch context.hint?.type {
        case .largeList: (type, form) = (.largeList(item.field), .offsets(byteWidth: 8))
        case .listView: (type, form) = (.listView(item.field), .views(byteWidth: 4))
        case .largeListView: (type, form) = (.largeListView(item.field), .views(byteWidth: 8))
        case .fixedSizeList(_, let count): (type, form) = (.fixedSizeList(item.field, count: count), .fixedSize(count))
        default: (type, form) = (.list(item.field), .offsets(byteWidth: 4))
        }
        return ArrayShape(
            field: field(element, type, isNullable: isNullable, context.hint), kind: .list(form, element: item),
            slotRepetition: context.repetition, slotDefinition: context.slotDefinition, validDefinition: valid)
    }

    // MARK: Maps

    private func map(_ index: Int, _ context: Context) throws(ParquetError) -> ArrayShape? {
        let element = schema.elements[index]
        let repetition = try repetition(index, context)
        guard repetition != .repeated else { throw malformed("a repeated MAP", context) }
        let children = schema.children(of: index)
        guard children.count == 1 else { throw malformed("a MAP with \(children.count) children", context) }
        let wrapper = schema.elements[children[0]]
        guard wrapper.repetition == .repeated, wrapper.isGroup else {
            throw malformed("a MAP whose child is not a repeated group", context)
        }
        let parts = schema.children(of: children[0])
        // A map without values is a list of its keys.
        if parts.count == 1 { return try list(index, context) }
        guard parts.count == 2 else { throw malformed("a MAP with entries of \(parts.count) fields", context) }
        for part in parts where schema.elements[part].repetition == .repeated {
            throw malformed("a MAP with a repeated key or value", context)
        }
        var hints: [Field]?
        var isSorted = false
        var entriesMetadata: [KeyValue] = []
        if let hint = context.hint {
            guard case .map(let entries, let sorted) = hint.type, case .structure(let fields) = entries.type,
                fields.count == 2
            else { throw mismatch(context) }
            (hints, isSorted, entriesMetadata) = (fields, sorted, entries.metadata)
        }
        let isNullable = repetition == .optional
        let valid = context.definition + (isNullable ? 1 : 0)
        var shapes: [ArrayShape] = []
        for (position, part) in parts.enumerated() {
            let inner = Context(
                repetition: context.repetition + 1, slotDefinition: valid + 1, definition: valid + 1,
                path: "\(context.path).\(wrapper.name).\(schema.elements[part].name)", hint: hints?[position])
            guard var shape = try visit(part, inner) else { return nil }
            // Some writers mark keys as optional; they are never null all the same.
            if position == 0 {
                var key = shape.field
                key.isNullable = false
                shape = shape.with(key)
            }
            shapes.append(shape)
        }
        let entries = ArrayShape(
            field: Field(
                name: wrapper.name, type: .structure(shapes.map(\.field)), isNullable: false, metadata: entriesMetadata),
            kind: .structure(shapes), slotRepetition: context.repetition + 1, slotDefinition: valid + 1,
            validDefinition: valid + 1)
        return ArrayShape(
            field: field(
                element, .map(entries: entries.field, isSorted: isSorted), isNullable: isNullable, context.hint),
            kind: .list(.offsets(byteWidth: 4), element: entries), slotRepetition: context.repetition,
            slotDefinition: context.slotDefinition, validDefinition: valid)
    }

    // MARK: Fields and errors

    private static let fieldIDKey = "PARQUET:field_id"

    private func field(_ element: SchemaElement, _ type: DataType, isNullable: Bool, _ hint: Field?) -> Field {
        var metadata = hint?.metadata ?? []
        if let id = element.fieldID, !metadata.contains(where: { $0.key == Self.fieldIDKey }) {
            metadata.append(KeyValue(key: Self.fieldIDKey, value: String(id)))
        }
        return Field(name: element.name, type: type, isNullable: isNullable, metadata: metadata)
    }

    private func repetition(_ index: Int, _ context: Context) throws(ParquetError) -> SchemaElement.Repetition {
        guard let repetition = schema.elements[index].repetition else {
            throw malformed("the repetition type is missing", context)
        }
        return repetition
    }

    private func malformed(_ what: String, _ context: Context) -> ParquetError {
        .malformed(what, at: ParquetError.Place(column: context.path))
    }

    private func mismatch(_ context: Context) -> ParquetError {
        malformed("the stored Arrow schema does not fit the Parquet schema", context)
    }
}

extension ArrayShape {
    /// The same array under another field.
    fileprivate func with(_ field: Field) -> ArrayShape {
        ArrayShape(
            field: field, kind: kind, slotRepetition: slotRepetition, slotDefinition: slotDefinition,
            validDefinition: validDefinition)
    }
}

extension DataType {
    /// What a list holds; nil for what is no list.
    fileprivate var listItem: Field? {
        switch self {
        case .list(let item), .largeList(let item), .listView(let item), .largeListView(let item),
            .fixedSizeList(let item, _):
            item
        default: nil
        }
    }
}
