/// Lists, structures and maps as text that looks like JSON: `[1, null]`, `{name: "a"}`, `{"key": 1}`.
///
/// Texts inside are quoted, with a backslash before quotes and backslashes; names of fields and all other values are bare.
struct NestedText {
    private var text = ""
    private let byteLimit: Int

    private init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    /// - Parameter byteLimit: nothing is begun once the text is so long: a few bytes may refer to any number of items.
    static func text(of column: ColumnReader, at row: Int, byteLimit: Int) throws(ArrowError) -> String {
        var nested = NestedText(byteLimit: byteLimit)
        try nested.append(column, row)
        return nested.text
    }

    private var isFull: Bool { text.utf8.count >= byteLimit }

    private mutating func append(_ column: ColumnReader, _ row: Int) throws(ArrowError) {
        guard !column.isNull(at: row) else {
            text += "null"
            return
        }
        switch column.field.type {
        case .list, .largeList, .listView, .largeListView, .fixedSizeList:
            let (items, rows) = try column.items(at: row)
            try enclose("[", rows, "]") { (nested, row) throws(ArrowError) in try nested.append(items, row) }
        case .map:
            let (entries, rows) = try column.items(at: row)
            try enclose("{", rows, "}") { (nested, row) throws(ArrowError) in
                for (position, part) in entries.children.enumerated() {
                    if position > 0 { nested.text += ": " }
                    try nested.append(part, row)
                }
            }
        case .structure:
            try enclose("{", column.children.indices, "}") { (nested, position) throws(ArrowError) in
                nested.text += column.children[position].field.name + ": "
                try nested.append(column.children[position], row)
            }
        case .dictionary:
            let (values, index) = try column.dictionaryValue(at: row)
            try append(values, index)
        case .utf8, .largeUtf8, .utf8View: appendQuoted(try scalar(column, row))
        default: text += try scalar(column, row)
        }
    }

    private func scalar(_ column: ColumnReader, _ row: Int) throws(ArrowError) -> String {
        try column.text(at: row, byteLimit: max(byteLimit - text.utf8.count, 0)) ?? "null"
    }

    private mutating func enclose(
        _ opening: String, _ range: Range<Int>, _ closing: String,
        _ appendPart: (inout NestedText, Int) throws(ArrowError) -> Void
    ) throws(ArrowError) {
        text += opening
        for position in range {
            if position > range.lowerBound { text += ", " }
            guard !isFull else { return }
            try appendPart(&self, position)
        }
        text += closing
    }

    private mutating func appendQuoted(_ value: String) {
        text += "\""
        for character in value.unicodeScalars {
            if character == "\"" || character == "\\" { text += "\\" }
            text.unicodeScalars.append(character)
        }
        text += "\""
    }
}
