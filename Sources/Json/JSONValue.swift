import CJansson

/// A JSON text to be.
public indirect enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case string(String)
    case array([JSONValue])
    /// Members in order.
    ///
    /// - Precondition: keys differ and hold no NUL.
    case object([Member])

    /// One key and its value.
    public struct Member: Hashable, Sendable {
        public var key: String
        public var value: JSONValue

        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The text, without white space; `json_dumps` writes it.
    ///
    /// - Spec: RFC 8259, in UTF-8.
    public func encoded() -> [UInt8] {
        let value = unsafe makeNative()
        defer { unsafe shim_json_release(value) }
        guard let text = unsafe json_dumps(value, Int(JSON_COMPACT | JSON_ENCODE_ANY)) else {
            preconditionFailure("out of memory")
        }
        defer { unsafe shim_json_free(text) }
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: shim_json_text_length(text)))
    }

    /// - Ownership: the caller releases the value.
    @unsafe private func makeNative() -> UnsafeMutablePointer<json_t> {
        let value: UnsafeMutablePointer<json_t>?
        switch self {
        case .null: unsafe value = json_null()
        case .boolean(let flag): unsafe value = flag ? json_true() : json_false()
        case .integer(let number): unsafe value = json_integer(number)
        case .string(let text):
            var text = text
            unsafe value = text.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                    // An empty text has no address, and Jansson wants one.
                    unsafe json_stringn(characters.baseAddress ?? shim_json_empty_text(), characters.count)
                }
            }
        case .array(let elements):
            unsafe value = json_array()
            for element in elements { unsafe Self.check(json_array_append_new(value, element.makeNative())) }
        case .object(let members):
            unsafe value = json_object()
            for member in members {
                unsafe Self.check(json_object_set_new(value, member.key, member.value.makeNative()))
            }
        }
        guard let value = unsafe value else { preconditionFailure("out of memory") }
        return unsafe value
    }

    private static func check(_ code: Int32) {
        precondition(code == 0, "Jansson refused a value")
    }
}
