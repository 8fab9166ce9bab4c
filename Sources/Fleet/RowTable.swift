import Arrow

/// The first rows of a scan, for the eye.
struct RowTable {
    /// Longest cell; a column of long texts should not push the others off the screen.
    static let cellWidth = 40
    /// What is turned into text of a value, so that a huge one costs nothing; a character is hardly ever longer than this.
    private static let byteLimit = cellWidth * 16
    private static let gap = "  "

    /// Rows that are wanted.
    let rowLimit: Int
    private var rows: [[String]] = []

    init(rowLimit: Int) {
        self.rowLimit = rowLimit
    }

    /// Whether no further row is wanted.
    var isFull: Bool { rows.count >= rowLimit }

    /// Takes rows while there is room.
    mutating func append(_ batch: BatchReader) throws(ArrowError) {
        for row in 0..<min(batch.rowCount, rowLimit - rows.count) {
            var cells: [String] = []
            for column in batch.columns {
                let text = try column.text(at: row, byteLimit: Self.byteLimit)
                // A number that misses digits would be another number.
                let limit = column.field.type.isNumeric ? .max : Self.cellWidth
                cells.append(text.map { TerminalText.cut($0, to: limit) } ?? "null")
            }
            rows.append(cells)
        }
    }

    /// A line of names, a rule, and a line for each row; none where there is no column.
    func lines(of schema: Schema) -> [String] {
        guard !schema.fields.isEmpty else { return [] }
        let names = schema.fields.map { TerminalText.cut($0.name, to: Self.cellWidth) }
        let widths = names.indices.map { column in
            rows.reduce(names[column].count) { max($0, $1[column].count) }
        }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { column in
                TerminalText.padded(cells[column], to: widths[column], onLeft: schema.fields[column].type.isNumeric)
            }
            var text = padded.joined(separator: Self.gap)
            while text.last == " " { text.removeLast() }
            return text
        }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: Self.gap)
        return [line(names), rule] + rows.map(line)
    }
}

extension DataType {
    /// Whether its digits should stand below each other.
    fileprivate var isNumeric: Bool {
        switch self {
        case .integer, .floatingPoint, .decimal: true
        case .dictionary(_, _, let value, _): value.isNumeric
        default: false
        }
    }
}
