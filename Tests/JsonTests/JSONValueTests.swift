import Testing

@testable import Json

@Suite("JSON writer")
struct JSONValueTests {
    @Test func keepsOrderAndEscapes() {
        let value = JSONValue.object([
            .init("z", .string("a\"b\\c\n\u{1}\0é😀")), .init("a", .array([.null, .boolean(true), .integer(.min)])),
            .init("", .string("")), .init("e", .object([])),
        ])
        let text = String(decoding: value.encoded(), as: UTF8.self)
        #expect(
            text == #"{"z":"a\"b\\c\n\u0001\u0000é😀","a":[null,true,-9223372036854775808],"":"","e":{}}"#)
    }

    @Test func whatItWritesCanBeRead() throws {
        let texts = ["", "\"", "\\", "\u{7f}\u{2028}", "\r\n\t", "日本語", "🇨🇭", "a/b"]
        let root = try JSONDocument(parsing: JSONValue.array(texts.map(JSONValue.string)).encoded()).root
        #expect(root.elements?.map(\.string) == texts)
    }
}
