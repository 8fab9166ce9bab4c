/// What can be wrong with an IPC message.
public enum ArrowError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with the named part.
    public enum Defect: String, Sendable {
        case outOfBounds = "lies outside its bytes"
        case missing = "is missing"
        case badValue = "has a value it cannot have"
        case notText = "is not UTF-8"
        case tooLarge = "is larger than a reader accepts"
        case undecodable = "cannot be decompressed"
    }

    /// A part of a FlatBuffer: the table and the field of the specification.
    case malformed(table: String, field: String, Defect)
    /// Buffer `buffer` of the column named `column`, counted from its validity bitmap.
    case malformedBuffer(column: String, buffer: Int, Defect)
    /// Well-formed, but not read here.
    case unsupported(String)

    public var description: String {
        switch self {
        case .malformed(let table, let field, let defect): "\(table).\(field) \(defect.rawValue)"
        case .malformedBuffer(let column, let buffer, let defect):
            "buffer \(buffer) of column \(column) \(defect.rawValue)"
        case .unsupported(let what): "\(what) is not supported"
        }
    }
}
