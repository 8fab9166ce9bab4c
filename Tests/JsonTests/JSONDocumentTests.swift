import Json
import Testing

@Suite("Strict JSON")
struct JSONDocumentTests {
    @Test func readsEveryKind() throws {
        let text = #"{"s":"a\u00e9\u0001","n":null,"t":true,"i":-9223372036854775808,"r":1.5,"a":[1,"x",{}]}"#
        let root = try JSONDocument(parsing: Array(text.utf8)).root
        #expect(root["s"]?.string == "aé\u{1}")
        #expect(root["n"]?.kind == .null)
        #expect(root["t"]?.boolean == true)
        #expect(root["i"]?.integer == .min)
        #expect(root["r"]?.kind == .real)
        #expect(root["a"]?.elements?.map(\.kind) == [.integer, .string, .object])
        #expect(root["missing"] == nil)
        #expect(root["a"]?["x"] == nil)
    }

    static let refused: [(String, String)] = [
        ("", "it ends too early at line 1 column 0"),
        ("{", "it ends too early"),
        (#"{"a":1,"a":2}"#, "a duplicate key"),
        (#"{"a":1} x"#, "something follows the value"),
        (#"{"a":"\ud800"}"#, "invalid JSON"),
        (#"{"a":"\u0000"}"#, "a NUL character"),
        (#"{"a":9223372036854775808}"#, "a number out of range"),
        ("{'a':1}", "invalid JSON"),
        ("{\"a\":01}", "invalid JSON"),
        ("[NaN]", "invalid JSON"),
        (String(repeating: "[", count: 33) + String(repeating: "]", count: 33), "nested deeper than 32 levels"),
        (String(repeating: "[", count: 1_000_000), "nested deeper than 32 levels"),
    ]

    @Test(arguments: refused)
    func refuses(text: String, reason: String) {
        #expect {
            try JSONDocument(parsing: Array(text.utf8))
        } throws: { error in
            "\(error)".hasPrefix(reason)
        }
    }

    @Test func invalidUTF8IsRefused() {
        #expect(throws: JSONError.self) { try JSONDocument(parsing: [0x22, 0xff, 0x22]) }
    }

    @Test func secretsAreNotRepeated() {
        #expect {
            try JSONDocument(parsing: Array(#"{"s3_secret_key":"hunter2" oops}"#.utf8))
        } throws: { error in
            !"\(error)".contains("hunter2")
        }
    }

    @Test func bracketsInStringsDoNotNest() throws {
        let text = "\"" + String(repeating: "[", count: 100) + "\\\"[\""
        _ = try JSONDocument(parsing: Array(text.utf8))
    }
}
