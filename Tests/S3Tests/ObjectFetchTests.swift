import Bytes
import Testing

@testable import S3

@Suite("Object fetches")
struct ObjectFetchTests {
    /// How a fetch went.
    struct Outcome: Equatable {
        var body = ""
        var error: S3Error?
        var isComplete = false
        var isReusable = false
        var direct: Int?
    }

    static func fetch(_ part: ObjectRequest.Part, ifMatch: String? = nil) throws -> ObjectFetch {
        try ObjectFetch(
            request: ObjectRequest(location: try .parse("s3://b/k"), part: part, ifMatch: ifMatch),
            endpoint: try .parse("http://h", region: "", allowHTTP: true),
            credentials: try Credentials(accessKey: "", secretKey: "", sessionToken: nil), secondsSince1970: 0)
    }

    /// Feeds an answer in pieces, the peer then closing if it was not enough.
    static func run(
        _ fetch: ObjectFetch, _ answer: String, piece: Int = 1 << 20, room: Int = 1 << 16, closes: Bool = false
    ) -> Outcome {
        run(fetch, Array(answer.utf8), piece: piece, room: room, closes: closes)
    }

    static func run(
        _ fetch: ObjectFetch, _ answer: [UInt8], piece: Int = 1 << 20, room: Int = 1 << 16, closes: Bool = false
    ) -> Outcome {
        var fetch = fetch
        var outcome = Outcome()
        do throws(S3Error) {
            try feed(&fetch, answer, piece: piece, room: room, &outcome)
            if closes { try fetch.receiveEnd() }
        } catch {
            outcome.error = error
        }
        outcome.isComplete = fetch.isComplete
        outcome.isReusable = fetch.connectionIsReusable
        return outcome
    }

    private static func feed(
        _ fetch: inout ObjectFetch, _ bytes: [UInt8], piece: Int, room: Int, _ outcome: inout Outcome
    ) throws(S3Error) {
        var position = 0
        var body: [UInt8] = []
        defer { outcome.body = String(decoding: body, as: UTF8.self) }
        var hasHead = false
        while position < bytes.count, !hasHead {
            let part = Array(bytes[position..<min(position + piece, bytes.count)])
            switch try fetch.receiveHead(part.rawSpan) {
            case .needsMore: position += part.count
            case .body(let consumed):
                position += consumed
                hasHead = true
                outcome.direct = fetch.directBodyByteCount
            }
        }
        var destination = [UInt8](repeating: 0, count: room)
        while hasHead, position < bytes.count {
            let part = Array(bytes[position..<min(position + piece, bytes.count)])
            var span = destination.mutableSpan
            var raw = unsafe span.mutableBytes
            let progress = try fetch.receiveBody(part.rawSpan, into: &raw)
            body += destination[..<progress.written]
            position += progress.consumed
            if progress.consumed == 0, progress.written == 0 { break }
        }
    }

    static func answer(_ status: String, _ fields: [String] = [], _ body: String = "") -> String {
        "HTTP/1.1 \(status)\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
    }

    static let range = ObjectRequest.Part.range(ByteRange(offset: 10, count: 5))
    static let partial = answer(
        "206 Partial Content", ["Content-Length: 5", "Content-Range: bytes 10-14/100", "ETag: \"v\""], "abcde")

    @Test(arguments: [1, 2, 7, 1000], [1, 3, 1000])
    func anySplitGivesTheSameBytes(piece: Int, room: Int) throws {
        let outcome = Self.run(try Self.fetch(Self.range), Self.partial, piece: piece, room: room)
        #expect(outcome == Outcome(body: "abcde", isComplete: true, isReusable: true, direct: 5))
        let chunked = Self.answer(
            "206 P", ["Transfer-Encoding: chunked", "Content-Range: bytes 10-14/100"],
            "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")
        let other = Self.run(try Self.fetch(Self.range), chunked, piece: piece, room: room)
        #expect(other == Outcome(body: "abcde", isComplete: true, isReusable: true))
    }

    @Test func whatTheHeadSaysIsKept() throws {
        var fetch = try Self.fetch(.suffix(20), ifMatch: "\"v\"")
        #expect(String(decoding: fetch.requestHead, as: UTF8.self).contains("range: bytes=-20\r\nif-match: \"v\"\r\n"))
        let bytes = Array(
            Self.answer(
                "206 P", ["Content-Length: 20", "Content-Range: bytes 80-99/100", "ETag: \"v\"", "Last-Modified: x"]
            ).utf8)
        let progress = try fetch.receiveHead(bytes.rawSpan)
        #expect(progress == .body(consumed: bytes.count))
        #expect(
            fetch.response
                == ResponseInfo(
                    status: 206, servedRange: ByteRange(offset: 80, count: 20), objectByteCount: 100,
                    entityTag: "\"v\"", lastModified: "x"))
        #expect(fetch.expectedBodyByteCount == 20)
        fetch.receivedDirectly(15)
        #expect(fetch.directBodyByteCount == 5)
        #expect(!fetch.isComplete)
        fetch.receivedDirectly(5)
        #expect(fetch.isComplete)
        #expect(fetch.connectionIsReusable)
    }

    @Test func everyTruncationIsAClosedConnection() throws {
        for count in 0..<Self.partial.utf8.count {
            let text = String(decoding: Self.partial.utf8.prefix(count), as: UTF8.self)
            let outcome = Self.run(try Self.fetch(Self.range), text, closes: true)
            #expect(outcome.error == .connectionClosed)
            #expect(!outcome.isReusable)
        }
    }

    /// Each differs from what was asked: start, end, total, length, or has no range at all.
    @Test(arguments: [
        (["Content-Length: 5", "Content-Range: bytes 9-13/100"], S3Error.Defect.wrongRange),
        (["Content-Length: 6", "Content-Range: bytes 10-15/100"], .wrongRange),
        (["Content-Length: 4", "Content-Range: bytes 10-14/100"], .wrongRange),
        (["Content-Length: 5", "Content-Range: bytes 10-14/*"], .malformedContentRange),
        (["Content-Length: 5", "Content-Range: bytes 10-14/12"], .malformedContentRange),
        (["Content-Length: 5", "Content-Range: bytes 14-10/100"], .malformedContentRange),
        (["Content-Length: 5", "Content-Range: bytes */100"], .malformedContentRange),
        (["Content-Length: 5", "Content-Range: octets 10-14/100"], .malformedContentRange),
        (["Content-Length: 5", "Content-Range: bytes 10-14/99999999999999999999"], .malformedContentRange),
        (
            ["Content-Length: 5", "Content-Range: bytes 10-14/100", "Content-Range: bytes 10-14/100"],
            .malformedContentRange
        ),
        (["Content-Length: 5"], .missingContentRange),
        (["Content-Length: 5", "Content-Range: bytes 10-14/100", "Content-Encoding: gzip"], .contentEncoding),
    ])
    func answersThatDoNotFitAreRefused(fields: [String], defect: S3Error.Defect) throws {
        let outcome = Self.run(try Self.fetch(Self.range), Self.answer("206 P", fields, "abcde"))
        #expect(outcome.error == .malformedResponse(defect))
        #expect(!outcome.isReusable)
    }

    @Test func aShorterValidRangeIsAccepted() throws {
        let text = Self.answer("206 P", ["Content-Length: 3", "Content-Range: bytes 10-12/100"], "abc")
        let outcome = Self.run(try Self.fetch(Self.range), text)
        #expect(outcome == Outcome(body: "abc", isComplete: true, isReusable: true, direct: 3))
    }

    @Test func theWholeObjectIsCutToTheAskedPart() throws {
        let object = String("0123456789abcdefghij")
        let all = ObjectRequest.Part.range(ByteRange(offset: 0, count: 20))
        let text = Self.answer("200 OK", ["Content-Length: 20"], object)
        #expect(
            Self.run(try Self.fetch(all), text)
                == Outcome(body: object, isComplete: true, isReusable: true, direct: 20))
        #expect(Self.run(try Self.fetch(Self.range), text, piece: 7) == Outcome(body: "abcde", isComplete: true))
        #expect(Self.run(try Self.fetch(.suffix(4)), text) == Outcome(body: "ghij", isComplete: true, isReusable: true))
        #expect(Self.run(try Self.fetch(.suffix(50)), text).body == object)
        let chunked = Self.answer("200 OK", ["Transfer-Encoding: chunked"], "14\r\n\(object)\r\n0\r\n\r\n")
        #expect(Self.run(try Self.fetch(Self.range), chunked).body == "abcde")
        #expect(Self.run(try Self.fetch(all), chunked) == Outcome(body: object, isComplete: true))
        let short = Self.answer("200 OK", ["Transfer-Encoding: chunked"], "c\r\n0123456789ab\r\n0\r\n\r\n")
        #expect(Self.run(try Self.fetch(Self.range), short).error == .malformedResponse(.wrongLength))
        let outside = Self.answer("200 OK", ["Content-Length: 10"], "0123456789")
        #expect(Self.run(try Self.fetch(Self.range), outside).error == .rangeNotSatisfiable(objectByteCount: 10))
    }

    @Test func aFarPartOfAWholeObjectIsRefused() throws {
        let far = ObjectRequest.Part.range(ByteRange(offset: (1 << 20) + 1, count: 5))
        let text = Self.answer("200 OK", ["Content-Length: 5000000"])
        #expect(Self.run(try Self.fetch(far), text).error == .malformedResponse(.rangeIgnored))
    }

    @Test func octetsBehindTheBodySpoilTheConnection() throws {
        let outcome = Self.run(try Self.fetch(Self.range), Self.partial + "X")
        #expect(outcome == Outcome(body: "abcde", isComplete: true, isReusable: false, direct: 5))
    }

    @Test func anotherVersionIsNeverMixedIn() throws {
        #expect(Self.run(try Self.fetch(Self.range, ifMatch: "\"w\""), Self.partial).error == .changed)
        let untagged = Self.answer("206 P", ["Content-Length: 5", "Content-Range: bytes 10-14/100"], "abcde")
        #expect(
            Self.run(try Self.fetch(Self.range, ifMatch: "\"w\""), untagged).error
                == .malformedResponse(.missingEntityTag))
        #expect(Self.run(try Self.fetch(Self.range), Self.answer("412 P", ["Content-Length: 0"])).error == .changed)
    }

    static let errors: [(String, String, S3Error)] = [
        ("404 N", "NoSuchKey", .notFound(.object)), ("404 N", "NoSuchBucket", .notFound(.bucket)),
        ("403 F", "AccessDenied", .accessDenied), ("403 F", "Other", .accessDenied),
        ("403 F", "SignatureDoesNotMatch", .unauthenticated(.signatureMismatch)),
        ("403 F", "InvalidAccessKeyId", .unauthenticated(.unknownAccessKey)),
        ("400 B", "ExpiredToken", .unauthenticated(.expiredToken)),
        ("400 B", "InvalidToken", .unauthenticated(.invalidToken)),
        ("403 F", "RequestTimeTooSkewed", .clockSkewed(serverSecondsSince1970: 784_111_777)),
        ("412 P", "PreconditionFailed", .changed), ("416 R", "InvalidRange", .rangeNotSatisfiable(objectByteCount: 7)),
        ("503 S", "SlowDown", .unavailable(status: 503, code: "SlowDown", retryAfterSeconds: 3)),
        ("400 B", "RequestTimeout", .unavailable(status: 400, code: "RequestTimeout", retryAfterSeconds: 3)),
        ("500 I", "InternalError", .unavailable(status: 500, code: "InternalError", retryAfterSeconds: 3)),
        ("301 M", "PermanentRedirect", .redirected(status: 301, region: "eu-west-1", location: nil)),
        ("400 B", "AuthorizationHeaderMalformed", .redirected(status: 400, region: "eu-west-1", location: nil)),
        ("405 M", "MethodNotAllowed", .rejected(status: 405, code: "MethodNotAllowed")),
        ("304 N", "", .malformedResponse(.unexpectedStatus(304))),
    ]

    @Test(arguments: errors, [1, 1000])
    func errorAnswersMeanSomething(answer: (String, String, S3Error), piece: Int) throws {
        let document = "<?xml version=\"1.0\"?><Error><Code>\(answer.1)</Code><Message>secret</Message></Error>"
        let fields = [
            "Date: Sun, 06 Nov 1994 08:49:37 GMT", "Content-Range: bytes */7", "Retry-After: 3",
            "x-amz-bucket-region: eu-west-1", "Content-Length: \(document.utf8.count)",
        ]
        let text = Self.answer(answer.0, fields, answer.0.hasPrefix("304") ? "" : document)
        let outcome = Self.run(try Self.fetch(Self.range), text, piece: piece)
        #expect(outcome.error == answer.2)
        #expect(outcome.isReusable)
        #expect(outcome.body.isEmpty)
    }

    @Test func aWrongRegionIsFinalUnlessTheAnswerSaysWhichIsRight() throws {
        let document = "<Error><Code>AuthorizationHeaderMalformed</Code></Error>"
        let text = Self.answer("400 B", ["Content-Length: \(document.utf8.count)"], document)
        #expect(
            Self.run(try Self.fetch(Self.range), text).error
                == .rejected(status: 400, code: "AuthorizationHeaderMalformed"))
    }

    /// Seconds, or a date that is as far from the answer's own; what is neither says nothing.
    @Test(arguments: [
        ("3", 3), ("0", 0), ("Sun, 06 Nov 1994 08:49:40 GMT", 3), ("Sun, 06 Nov 1994 08:49:00 GMT", 0), ("soon", nil),
        ("-1", nil), ("99999999999999999999", nil),
    ])
    func theStoreSaysWhenToComeAgain(text: String, seconds: UInt64?) throws {
        let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT"
        let answer = Self.answer("503 S", [date, "Retry-After: \(text)", "Content-Length: 0"])
        let outcome = Self.run(try Self.fetch(Self.range), answer)
        #expect(outcome.error == .unavailable(status: 503, code: "", retryAfterSeconds: seconds))
    }

    @Test func errorDocumentsAreBounded() throws {
        let text = Self.answer("500 I", ["Content-Length: 1000000"], String(repeating: "x", count: 100_000))
        let outcome = Self.run(try Self.fetch(Self.range), text, piece: 1000)
        #expect(outcome.error == .unavailable(status: 500, code: "", retryAfterSeconds: nil))
        #expect(!outcome.isReusable)
        let cut = Self.run(
            try Self.fetch(Self.range), Self.answer("404 N", ["Content-Length: 100"], "<Code>NoSuchKey</Code>"),
            closes: true)
        #expect(cut.error == .notFound(.object))
    }

    @Test(arguments: [
        "<Code>a b</Code>", "<Code>a", "<Code></Code>", "Code",
        "<Code>" + String(repeating: "a", count: 99) + "</Code>",
    ])
    func textThatIsNoCodeIsNotShown(document: String) {
        #expect(ErrorAnswer.code(in: Array(document.utf8)) == "")
    }
}
