import Bytes

/// Values that a row refers to by offset, view or index. They came from outside, so each is checked here.
extension ColumnReader {
    /// - Spec: Arrow columnar format, "Variable-size Binary View Layout".
    static let viewByteCount = 16
    /// Values up to this length stand in the view itself, behind the length.
    private static let inlineByteLimit: Int32 = 12

    /// The bytes of a row whose values vary in size, of any layout.
    ///
    /// - Throws: when the offsets run backwards or out of the data.
    func variableBytes(at row: Int) throws(ArrowError) -> Slice {
        switch ArrayLayout(field.type) {
        case .view: return try viewBytes(at: row)
        case .variableSize(let byteWidth): return values.extracting(try span(at: row, byteWidth, limit: values.count))
        default: preconditionFailure("the values do not vary in size")
        }
    }

    /// The rows of the child that are the items of a list or the entries of a map.
    ///
    /// - Throws: when offset or size lead out of the child.
    func items(at row: Int) throws(ArrowError) -> (child: ColumnReader, rows: Range<Int>) {
        guard let child = children.first else { preconditionFailure("a list has a child") }
        switch ArrayLayout(field.type) {
        case .list(let byteWidth): return (child, try span(at: row, byteWidth, limit: child.rowCount))
        case .listView(let byteWidth):
            let start = offset(row, of: offsets, byteWidth)
            let count = offset(row, of: sizes, byteWidth)
            guard start >= 0, start <= child.rowCount else { throw malformed(buffer: 1) }
            guard count >= 0, count <= child.rowCount - start else { throw malformed(buffer: 2) }
            return (child, start..<start + count)
        case .children(let count): return (child, row * count..<(row + 1) * count)
        default: preconditionFailure("not a list")
        }
    }

    /// The array and the row in it where the value of a dictionary-typed row stands.
    ///
    /// - Throws: when the dictionary did not come or is shorter than the index says.
    func dictionaryValue(at row: Int) throws(ArrowError) -> (column: ColumnReader, row: Int) {
        guard !dictionary.isEmpty else { throw .malformed(table: "DictionaryBatch", field: "id", .missing) }
        guard var index = index(at: row) else { throw malformed(buffer: 1) }
        for part in dictionary {
            if index < part.rowCount { return (part, index) }
            index -= part.rowCount
        }
        throw malformed(buffer: 1)
    }

    private func viewBytes(at row: Int) throws(ArrowError) -> Slice {
        let view = fixedBytes(at: row, byteWidth: Self.viewByteCount)
        let count = Self.integer(0, of: view, Int32.self)
        guard count >= 0 else { throw malformed(buffer: 1) }
        guard count > Self.inlineByteLimit else { return view.extracting(4..<4 + Int(count)) }
        // Between them is a copy of the first four bytes.
        let buffer = Self.integer(2, of: view, Int32.self)
        let start = Self.integer(3, of: view, Int32.self)
        guard viewData.indices.contains(Int(buffer)), start >= 0 else { throw malformed(buffer: 1) }
        let data = viewData[Int(buffer)]
        guard Int(start) <= data.count, Int(count) <= data.count - Int(start) else { throw malformed(buffer: 1) }
        return data.extracting(Int(start)..<Int(start) + Int(count))
    }

    /// From a row's offset to the next one.
    private func span(at row: Int, _ byteWidth: Int, limit: Int) throws(ArrowError) -> Range<Int> {
        let start = offset(row, of: offsets, byteWidth)
        let end = offset(row + 1, of: offsets, byteWidth)
        guard start >= 0, start <= end, end <= limit else { throw malformed(buffer: 1) }
        return start..<end
    }

    private func offset(_ position: Int, of buffer: Slice, _ byteWidth: Int) -> Int {
        byteWidth == 4
            ? Int(Self.integer(position, of: buffer, Int32.self)) : Int(Self.integer(position, of: buffer, Int64.self))
    }

    /// Nil for an index that is negative or beyond any array.
    private func index(at row: Int) -> Int? {
        guard case .dictionary(let bitWidth, let isSigned, _, _) = field.type else {
            preconditionFailure("not a dictionary")
        }
        let index: Int? =
            switch (bitWidth, isSigned) {
            case (8, true): Int(integer(at: row, Int8.self))
            case (8, false): Int(integer(at: row, UInt8.self))
            case (16, true): Int(integer(at: row, Int16.self))
            case (16, false): Int(integer(at: row, UInt16.self))
            case (32, true): Int(integer(at: row, Int32.self))
            case (32, false): Int(integer(at: row, UInt32.self))
            case (_, true): Int(integer(at: row, Int64.self))
            case (_, false): Int(exactly: integer(at: row, UInt64.self))
            }
        return index.flatMap { $0 >= 0 ? $0 : nil }
    }

    private func malformed(buffer: Int) -> ArrowError {
        .malformedBuffer(column: field.name, buffer: buffer, .badValue)
    }
}
