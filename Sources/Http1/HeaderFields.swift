/// One field of a head; the name is lowercase.
public struct HeaderField: Hashable, Sendable {
    /// What it is called.
    public var name: String
    /// What it says, without white space around it.
    public var value: String

    /// A field.
    public init(name: String, value: String) {
        self.name = name.lowercased()
        self.value = value
    }
}

/// The fields of a head, in order.
public struct HeaderFields: Hashable, Sendable {
    private var fields: [HeaderField] = []

    /// No fields.
    public init() {}

    /// These fields.
    public init(_ fields: [HeaderField]) {
        self.fields = fields
    }

    /// All of them.
    public var all: [HeaderField] { fields }

    /// Adds one at the end.
    public mutating func append(_ name: String, _ value: String) {
        fields.append(HeaderField(name: name, value: value))
    }

    /// The first value of a field by its lowercase name.
    public func first(_ name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    /// Every value of a field by its lowercase name.
    public func values(_ name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    /// Whether a comma-separated list field has this member, in any case.
    func list(_ name: String, contains member: String) -> Bool {
        values(name).contains { value in
            value.split(separator: ",").contains { $0.trimmed().lowercased() == member }
        }
    }

    /// Reads field lines.
    ///
    /// - Spec: RFC 9112 section 5; white space before the colon and folded lines are refused.
    init(lines: some Collection<ArraySlice<UInt8>>) throws(Http1Error) {
        guard lines.count <= HeadLimits.fieldCount else { throw .tooManyFields }
        for line in lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .malformedField }
            let name = line[..<colon]
            guard !name.isEmpty, name.allSatisfy(\.isTokenCharacter) else { throw .malformedField }
            var value = line[(colon + 1)...]
            while let first = value.first, first == .space || first == .tab { value.removeFirst() }
            while let last = value.last, last == .space || last == .tab { value.removeLast() }
            append(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
    }

    /// The lines of a head, with the empty one.
    ///
    /// - Precondition: names are tokens and values have no control characters; whoever passes text from outside checks.
    func encode(startLine: String) -> [UInt8] {
        var bytes = Array(startLine.utf8) + [.carriageReturn, .lineFeed]
        for field in fields {
            precondition(field.name.utf8.allSatisfy(\.isTokenCharacter))
            precondition(field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f })
            bytes += field.name.utf8
            bytes += [UInt8(ascii: ":"), .space]
            bytes += field.value.utf8
            bytes += [.carriageReturn, .lineFeed]
        }
        return bytes + [.carriageReturn, .lineFeed]
    }
}

extension Substring {
    func trimmed() -> Substring {
        var rest = self
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}
