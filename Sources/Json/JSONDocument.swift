import CJansson

/// Text that is not the JSON that was asked for.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong; names fields and places, never values.
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// A parsed JSON text.
///
/// Strict: UTF-8, no duplicate keys, nothing after the value, no lone surrogates, nesting up to a limit, integers that fit
/// 64 bits. The parser is Jansson's.
///
/// - Spec: RFC 8259.
/// - Ownership: nodes keep the document alive.
@safe public final class JSONDocument {
    /// Deepest nesting of arrays and objects.
    public static let nestingLimit = 32

    private let value: UnsafeMutablePointer<json_t>

    /// - Throws: with line and column of what is wrong; the text itself may hold secrets and is never repeated.
    public init(parsing text: [UInt8]) throws(JSONError) {
        guard Self.nesting(of: text) <= Self.nestingLimit else {
            throw JSONError("nested deeper than \(Self.nestingLimit) levels")
        }
        var failure = json_error_t()
        let value = unsafe text.withUnsafeBytes { bytes in
            unsafe json_loadb(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count,
                Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY), &failure)
        }
        guard let value = unsafe value else { throw unsafe JSONError(Self.describe(&failure, text)) }
        unsafe self.value = unsafe value
    }

    deinit {
        unsafe shim_json_release(value)
    }

    /// The value itself.
    public var root: JSONNode { unsafe JSONNode(document: self, value: value) }

    /// How deep arrays and objects nest; text in strings does not count.
    static func nesting(of text: [UInt8]) -> Int {
        var depth = 0
        var deepest = 0
        var isInString = false
        var isEscaped = false
        for byte in text {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return deepest
    }

    /// Which member is meant by a place in the text: the last string before it, or at it, that a colon follows.
    private static func name(in text: [UInt8], before position: Int32) -> String {
        var strings: [Range<Int>] = []
        var start: Int?
        var isEscaped = false
        var key: Range<Int>?
        for (index, byte) in text.enumerated() where index <= Int(position) || start != nil {
            if let first = start {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    strings = [first..<index + 1]
                    start = nil
                }
            } else if byte == UInt8(ascii: "\"") {
                start = index
            } else if byte == UInt8(ascii: ":") {
                key = strings.last
            }
        }
        // A duplicate is noticed at the key itself, before its colon.
        if let last = strings.last, last.upperBound == Int(position) { key = last }
        guard let key, key.count <= 66, let node = try? JSONDocument(parsing: Array(text[key])).root,
            let name = node.string
        else { return "" }
        return " in field `\(name)`"
    }

    /// Jansson's own text may quote the input, so only the kind and the place are kept.
    @unsafe private static func describe(_ failure: inout json_error_t, _ text: [UInt8]) -> String {
        let kind =
            switch unsafe shim_json_error_code(&failure) {
            case Int32(json_error_premature_end_of_input.rawValue): "it ends too early"
            case Int32(json_error_end_of_input_expected.rawValue): "something follows the value"
            case Int32(json_error_invalid_utf8.rawValue): "invalid UTF-8"
            case Int32(json_error_null_character.rawValue): "a NUL character in a string"
            case Int32(json_error_duplicate_key.rawValue): "a duplicate key" + name(in: text, before: failure.position)
            case Int32(json_error_numeric_overflow.rawValue):
                "a number out of range" + name(in: text, before: failure.position)
            default: "invalid JSON"
            }
        return "\(kind) at line \(failure.line) column \(failure.column)"
    }
}

/// One value of a document.
@safe public struct JSONNode {
    /// The kinds of JSON values.
    public enum Kind: String, Sendable {
        case object, array, string, integer, real, boolean, null
    }

    private let document: JSONDocument
    private let value: UnsafeMutablePointer<json_t>

    @unsafe init(document: JSONDocument, value: UnsafeMutablePointer<json_t>) {
        self.document = document
        unsafe self.value = unsafe value
    }

    /// Which kind of value this is.
    public var kind: Kind {
        switch UInt32(unsafe shim_json_type(value)) {
        case JSON_OBJECT.rawValue: .object
        case JSON_ARRAY.rawValue: .array
        case JSON_STRING.rawValue: .string
        case JSON_INTEGER.rawValue: .integer
        case JSON_REAL.rawValue: .real
        case JSON_TRUE.rawValue, JSON_FALSE.rawValue: .boolean
        default: .null
        }
    }

    /// The member of an object; nil when there is none, or this is no object.
    public subscript(key: String) -> JSONNode? {
        guard let member = unsafe json_object_get(value, key) else { return nil }
        return unsafe JSONNode(document: document, value: member)
    }

    /// The text of a string.
    public var string: String? {
        guard kind == .string, let text = unsafe json_string_value(value) else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(start: text, count: json_string_length(value))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// The value of an integer.
    public var integer: Int64? {
        kind == .integer ? unsafe json_integer_value(value) : nil
    }

    /// The value of a boolean.
    public var boolean: Bool? {
        kind == .boolean ? unsafe shim_json_type(value) == Int32(JSON_TRUE.rawValue) : nil
    }

    /// The elements of an array.
    public var elements: [JSONNode]? {
        guard kind == .array else { return nil }
        return (0..<(unsafe json_array_size(value))).compactMap { index in
            unsafe json_array_get(value, index).map { unsafe JSONNode(document: document, value: $0) }
        }
    }
}
