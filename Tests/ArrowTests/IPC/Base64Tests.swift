import Testing

@testable import Arrow

@Suite("Base64")
struct Base64Tests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
        ("Zm9vYmFy", "foobar"),
    ])
    func readsTheVectors(_ text: String, _ plain: String) {
        #expect(Base64.decode(text) == Array(plain.utf8))
    }

    @Test func readsTheWholeAlphabet() {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        // The values 0 to 63 of six bits each, from the high end.
        let bytes = stride(from: 0, to: 64, by: 4).flatMap { first -> [UInt8] in
            let group = (0..<4).reduce(UInt32(0)) { $0 << 6 | UInt32(first + $1) }
            return [UInt8(group >> 16 & 0xff), UInt8(group >> 8 & 0xff), UInt8(group & 0xff)]
        }
        #expect(Base64.decode(alphabet) == bytes)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Z===", "====", "=", "Zg==Zg==", "Zm=v", "Zm9v\n", "Zm 9", "Zm9-", "Zm9_", "Zm9é",
        // Bits behind the last byte.
        "Zh==", "Zm9=",
    ])
    func refuses(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
