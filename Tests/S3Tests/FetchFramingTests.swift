import Bytes
import Testing

@testable import S3

/// Where an answer ends, and what may follow it.
@Suite("Ends of object fetches")
struct FetchFramingTests {
    typealias Fetches = ObjectFetchTests

    @Test func bodiesUntilCloseMayNotEndEarly() throws {
        let partial = "HTTP/1.0 206 P\r\nContent-Range: bytes 10-14/100\r\n\r\nabc"
        #expect(Fetches.run(try Fetches.fetch(Fetches.range), partial, closes: true).error == .connectionClosed)
        let whole = "HTTP/1.0 200 OK\r\n\r\n0123456789abc"
        #expect(Fetches.run(try Fetches.fetch(Fetches.range), whole, closes: true).error == .connectionClosed)
        #expect(
            Fetches.run(try Fetches.fetch(Fetches.range), whole + "de")
                == Fetches.Outcome(body: "abcde", isComplete: true))
    }

    /// Content-Range tells the count: neither the end of the connection nor what comes before it is waited for.
    @Test(arguments: ["HTTP/1.0", "HTTP/1.1"], ["", "X", "HTTP/1.1 206 P\r\n"])
    func aPartWithoutLengthEndsWithItsLastOctet(version: String, behind: String) throws {
        let text = "\(version) 206 P\r\nContent-Range: bytes 10-14/100\r\nETag: \"v\"\r\n\r\nabcde"
        for piece in [1, 3, 1000] {
            let outcome = Fetches.run(try Fetches.fetch(Fetches.range), text + behind, piece: piece)
            #expect(outcome == Fetches.Outcome(body: "abcde", isComplete: true, isReusable: false, direct: 5))
        }
        for count in 0..<text.utf8.count {
            let cut = Fetches.run(
                try Fetches.fetch(Fetches.range), String(decoding: text.utf8.prefix(count), as: UTF8.self), closes: true
            )
            #expect(cut.error == .connectionClosed)
        }
    }

    @Test func aPartWithoutLengthIsReceivedStraightToItsPlace() throws {
        var fetch = try Fetches.fetch(Fetches.range)
        let head = Array("HTTP/1.1 206 P\r\nContent-Range: bytes 10-14/100\r\n\r\n".utf8)
        #expect(try fetch.receiveHead(head.rawSpan) == .body(consumed: head.count))
        fetch.receivedDirectly(4)
        #expect(fetch.directBodyByteCount == 1)
        #expect(!fetch.isComplete)
        var cut = fetch
        #expect(throws: S3Error.connectionClosed) { try cut.receiveEnd() }
        fetch.receivedDirectly(1)
        #expect(fetch.isComplete)
        #expect(!fetch.connectionIsReusable)
    }

    /// Until the last line of a chunked body has come, the connection is no other request's.
    @Test func aChunkedBodyEndsBehindItsTrailers() throws {
        let data = Fetches.answer(
            "206 P", ["Transfer-Encoding: chunked", "Content-Range: bytes 10-14/100"], "5\r\nabcde\r\n0\r\n")
        let whole = Fetches.Outcome(body: "abcde", isComplete: true, isReusable: true)
        for end in ["\r\n", "X-T: 1\r\n\r\n"] {
            #expect(Fetches.run(try Fetches.fetch(Fetches.range), data + end) == whole)
            for count in 0..<end.utf8.count {
                let text = data + String(decoding: end.utf8.prefix(count), as: UTF8.self)
                #expect(Fetches.run(try Fetches.fetch(Fetches.range), text) == Fetches.Outcome(body: "abcde"))
            }
        }
        for end in ["no trailer\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "X-T: \0\r\n\r\n", "X-T: 1\r\n\n"] {
            let outcome = Fetches.run(try Fetches.fetch(Fetches.range), data + end)
            #expect(outcome.error == .malformedResponse(.http("malformedChunk")))
            #expect(!outcome.isReusable)
        }
        // All of the object where a part was asked: the rest is not read, so nothing may follow.
        let object = Fetches.answer("200 OK", ["Transfer-Encoding: chunked"], "14\r\n0123456789abcdefghij\r\n0\r\n\r\n")
        #expect(
            Fetches.run(try Fetches.fetch(Fetches.range), object) == Fetches.Outcome(body: "abcde", isComplete: true))
    }
}
