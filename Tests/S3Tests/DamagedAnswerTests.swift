import Bytes
import Randomness
import Testing

@testable import S3

/// Answers with a few octets changed: whatever they are, they mean the same however the network cuts them, and give no more
/// than was asked for.
@Suite("Damaged answers")
struct DamagedAnswerTests {
    private static let parts: [ObjectRequest.Part] = [
        .range(ByteRange(offset: 10, count: 5)), .range(ByteRange(offset: 0, count: 20)), .suffix(4),
    ]

    private static let answers: [String] = {
        let tagged = "ETag: \"v\""
        let range = "Content-Range: bytes 10-14/100"
        let chunked = "Transfer-Encoding: chunked"
        let document = "<Error><Code>SlowDown</Code></Error>"
        return [
            ObjectFetchTests.answer("206 P", ["Content-Length: 5", range, tagged, "Connection: keep-alive"], "abcde"),
            ObjectFetchTests.answer(
                "206 P", [chunked, range, tagged], "2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nX-T: 1\r\n\r\n"),
            ObjectFetchTests.answer("206 P", [range, tagged], "abcde"),
            ObjectFetchTests.answer("206 P", ["Content-Length: 4", "Content-Range: bytes 96-99/100"], "abcd"),
            ObjectFetchTests.answer("200 OK", ["Content-Length: 20", tagged], "0123456789abcdefghij"),
            ObjectFetchTests.answer("200 OK", [chunked], "14\r\n0123456789abcdefghij\r\n0\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n"
                + ObjectFetchTests.answer("503 S", ["Retry-After: 3", "Content-Length: 36"], document),
            ObjectFetchTests.answer("301 M", ["x-amz-bucket-region: a-1", "Location: http://x/", "Content-Length: 0"]),
            ObjectFetchTests.answer("416 R", ["Content-Range: bytes */7", chunked], "0\r\n\r\n"),
        ]
    }()

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func meanTheSameHoweverTheyAreCut(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<2000 {
            let original = try #require(Self.answers.randomElement(using: &random))
            let bytes = Array(original.utf8).mutated(using: &random)
            for part in Self.parts {
                let fetch = try ObjectFetchTests.fetch(part)
                let whole = ObjectFetchTests.run(fetch, bytes, closes: true)
                for piece in [1, 2, 7] {
                    var cut = ObjectFetchTests.run(fetch, bytes, piece: piece, room: 3, closes: true)
                    // Behind an error nothing is read: what came in one piece with it is not told, or not seen.
                    if cut.error != nil {
                        cut.body = whole.body
                        cut.isReusable = cut.isReusable && whole.isReusable
                    }
                    #expect(cut == whole, "seed \(seed), \(piece) at once: \(String(decoding: bytes, as: UTF8.self))")
                }
                let limit = if case .range(let range) = part { Int(range.count) } else { 4 }
                // Octets that are no UTF-8 are one character each.
                #expect(whole.body.unicodeScalars.count <= limit)
                if whole.isComplete { #expect(whole.error == nil) }
            }
        }
    }
}
