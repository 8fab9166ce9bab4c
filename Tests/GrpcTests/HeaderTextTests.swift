import Testing

@testable import Grpc

@Suite("grpc-timeout and grpc-message")
struct HeaderTextTests {
    @Test(
        arguments: [
            ("1n", 1), ("99999999u", 99_999_999_000), ("20m", 20_000_000), ("3S", 3_000_000_000),
            ("2M", 120_000_000_000),
            ("1H", 3_600_000_000_000), ("0S", 0), ("99999999H", UInt64.max), ("00000001S", 1_000_000_000),
        ] as [(String, UInt64)])
    func parsesTimeouts(text: String, nanoseconds: UInt64) {
        #expect(Timeout.parse(text) == nanoseconds)
    }

    @Test(arguments: ["", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", " 1S", "1S ", "１S", "1SS", "0x1S"])
    func refusesMalformedTimeouts(text: String) {
        #expect(Timeout.parse(text) == nil)
    }

    @Test(arguments: [0, 1, 99_999_999, 100_000_000, 123_456_789_012, UInt64.max])
    func formattedTimeoutsAreNeverShorter(nanoseconds: UInt64) {
        let text = Timeout.format(nanoseconds: nanoseconds)
        #expect((Timeout.parse(text) ?? 0) >= nanoseconds)
    }

    @Test(arguments: [
        ("plain text ~", "plain text ~"), ("50%", "50%25"), ("a\r\nb\0", "a%0D%0Ab%00"), ("é", "%C3%A9"),
        ("\u{7f}", "%7F"), ("", ""),
    ])
    func encodesMessages(text: String, encoded: String) {
        #expect(StatusMessage.encode(text) == encoded)
        #expect(StatusMessage.decode(encoded) == text)
    }

    @Test(arguments: [("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("a%2", "a%2"), ("%41%", "A%"), ("%c3%a9", "é")])
    func decodesLeniently(encoded: String, text: String) {
        #expect(StatusMessage.decode(encoded) == text)
    }

    @Test func longMessagesAreCutBetweenCharacters() {
        let long = "x" + String(repeating: "é", count: 2000)
        let back = StatusMessage.decode(StatusMessage.encode(long))
        #expect(back == "x" + String(repeating: "é", count: 511))
    }
}
