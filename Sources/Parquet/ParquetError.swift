/// What can be wrong with a Parquet file, as far as reading it goes.
///
/// The text is one clear sentence part and never quotes values of the file.
public enum ParquetError: Error, Equatable, Sendable {
    /// The bytes contradict the format or themselves: the data is damaged.
    case malformed(String, at: Place)
    /// The bytes may be fine, but this reader does not know the feature.
    case unsupported(String, at: Place)
    /// A stated size is over a limit.
    case tooLarge(String, at: Place)

    /// Where in the file, as far as known when the error was found.
    public struct Place: Hashable, Sendable {
        /// Names of the schema elements from the top-level column down to the leaf, joined by dots.
        public var column: String?
        /// Counted from 0 in the file.
        public var rowGroup: Int?
        /// Counted from 0 within the column chunk, data pages only.
        public var page: Int?
        /// Bytes from the start of the file.
        public var offset: UInt64?

        /// A place of which some things are known.
        public init(column: String? = nil, rowGroup: Int? = nil, page: Int? = nil, offset: UInt64? = nil) {
            self.column = column
            self.rowGroup = rowGroup
            self.page = page
            self.offset = offset
        }

        /// The file as a whole.
        public static let file = Place()
    }
}

extension ParquetError: CustomStringConvertible {
    /// One sentence for the log.
    public var description: String {
        switch self {
        case .malformed(let what, let place): "malformed Parquet file\(place): \(what)"
        case .unsupported(let what, let place): "unsupported Parquet feature\(place): \(what)"
        case .tooLarge(let what, let place): "Parquet size limit exceeded\(place): \(what)"
        }
    }
}

extension ParquetError.Place: CustomStringConvertible {
    /// The known parts, or nothing.
    public var description: String {
        var parts: [String] = []
        if let column { parts.append("column \"\(column)\"") }
        if let rowGroup { parts.append("row group \(rowGroup)") }
        if let page { parts.append("page \(page)") }
        if let offset { parts.append("offset \(offset)") }
        return parts.isEmpty ? "" : " at " + parts.joined(separator: ", ")
    }
}
