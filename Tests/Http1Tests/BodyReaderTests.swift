import Bytes
import Testing

@testable import Http1

@Suite("HTTP/1 bodies")
struct BodyReaderTests {
    /// Payload, bytes used and whether the body is complete.
    struct Outcome: Equatable {
        var payload = ""
        var consumed = 0
        var isComplete = false
    }

    static func read(
        _ text: String, _ framing: BodyFraming, piece: Int = .max, room: Int = .max
    ) -> Result<Outcome, Http1Error> {
        let bytes = Array(text.utf8)
        var reader = BodyReader(framing)
        var outcome = Outcome()
        var payload: [UInt8] = []
        do throws(Http1Error) {
            for start in stride(from: 0, to: bytes.count, by: min(piece, max(bytes.count, 1))) {
                let part = Array(bytes[start..<min(bytes.count, start + min(piece, bytes.count))])
                var offset = 0
                while true {
                    let found = try reader.next(part.rawSpan, from: offset, payloadLimit: room)
                    if found == BodyReader.Piece(framingByteCount: 0, payloadByteCount: 0) { break }
                    offset += found.framingByteCount
                    payload += part[offset..<offset + found.payloadByteCount]
                    offset += found.payloadByteCount
                }
                outcome.consumed += offset
                if offset < part.count { break }
            }
            outcome.payload = String(decoding: payload, as: UTF8.self)
            outcome.isComplete = reader.isComplete
            return .success(outcome)
        } catch {
            return .failure(error)
        }
    }

    static let chunked = "5;x=y\r\nhello\r\n0006\r\n world\r\nA \r\n0123456789\r\n0\r\nTrailer: v\r\n\r\n"

    @Test(arguments: [1, 2, 3, 7, 1000], [1, 4, 1000])
    func anySplitGivesTheSameBody(piece: Int, room: Int) {
        let wanted = Outcome(payload: "hello world0123456789", consumed: Self.chunked.utf8.count, isComplete: true)
        #expect(Self.read(Self.chunked, .chunked, piece: piece, room: room) == .success(wanted))
        // What follows belongs to no one.
        #expect(Self.read(Self.chunked + "HTTP", .chunked, piece: piece, room: room) == .success(wanted))
        let counted = Outcome(payload: "hello", consumed: 5, isComplete: true)
        #expect(Self.read("hello!", .length(5), piece: piece, room: room) == .success(counted))
    }

    @Test func everyTruncationIsNoticed() throws {
        for count in 0..<Self.chunked.utf8.count {
            #expect(
                try Self.read(String(decoding: Self.chunked.utf8.prefix(count), as: UTF8.self), .chunked).get()
                    .isComplete == false)
        }
        var reader = BodyReader(.length(3))
        #expect(throws: Http1Error.truncated) { try reader.receiveEnd() }
        var untilClose = BodyReader(.untilClose)
        try untilClose.receiveEnd()
        #expect(untilClose.isComplete)
    }

    @Test(arguments: [
        "x\r\n", "\r\n", "-1\r\n", "5\nhello", "5\r\nhelloX\r\n", "5\r\nhello\n", "1234567890123456\r\n", ";a\r\n",
        "0\r\n\n", "0\r\n bad: fold\r\n\r\n", "5\r\rhello", "0\r\nA: b\nC: d\r\n\r\n", "５\r\n",
        "0\r\nno colon\r\n\r\n", "0\r\nname\r\n\r\n", "0\r\n: b\r\n\r\n", "0\r\nA : b\r\n\r\n", "0\r\nA: \0\r\n\r\n",
        "0\r\nA: b\r\r\n", "0\r\nA: b\r\nHTTP/1.1 200 OK\r\n\r\n",
    ])
    func malformedChunksAreErrors(text: String) {
        #expect(Self.read(text, .chunked) == .failure(.malformedChunk))
    }

    @Test func endlessFramingIsBounded() {
        #expect(Self.read("5;" + String(repeating: "x", count: 2000), .chunked) == .failure(.malformedChunk))
        let trailers = "0\r\n" + String(repeating: "a: b\r\n", count: 10_000)
        #expect(Self.read(trailers, .chunked) == .failure(.headTooLong))
    }
}
