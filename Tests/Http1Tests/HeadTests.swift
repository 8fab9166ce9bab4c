import Bytes
import Testing

@testable import Http1

@Suite("HTTP/1 heads")
struct HeadTests {
    /// Feeds pieces; the head and how many bytes were used.
    static func read(_ text: String, piece: Int = .max) -> Result<(head: ResponseHead?, consumed: Int), Http1Error> {
        let bytes = Array(text.utf8)
        var reader = ResponseHeadReader()
        var consumed = 0
        do throws(Http1Error) {
            while consumed < bytes.count, reader.head == nil {
                let part = Array(bytes[consumed..<min(bytes.count, consumed + min(piece, bytes.count))])
                consumed += try reader.receive(part.rawSpan)
            }
            return .success((reader.head, consumed))
        } catch {
            return .failure(error)
        }
    }

    static func failure(_ text: String) -> Http1Error? {
        if case .failure(let error) = read(text) { error } else { nil }
    }

    static let good = "HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\nETag: \"a b\"\r\nX-Empty:\r\n\r\n"

    @Test(arguments: [1, 2, 3, 17, 1000])
    func anySplitGivesTheSameHead(piece: Int) throws {
        let (head, consumed) = try Self.read(Self.good + "body", piece: piece).get()
        #expect(consumed == Self.good.utf8.count)
        #expect(head?.status == 206)
        #expect(head?.fields.first("etag") == "\"a b\"")
        #expect(head?.fields.first("x-empty") == "")
        #expect(head?.contentLength == 10)
        #expect(head?.keepsConnection == true)
    }

    @Test func everyTruncationWantsMore() throws {
        for count in 0..<Self.good.utf8.count {
            let text = String(decoding: Self.good.utf8.prefix(count), as: UTF8.self)
            let (head, consumed) = try Self.read(text).get()
            #expect(head == nil)
            #expect(consumed == count)
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\nA: b\r\n\r\n", Http1Error.bareLineBreak), ("HTTP/1.1 200 OK\r\r\n\r\n", .bareLineBreak),
        ("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", .bareLineBreak), ("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", .controlCharacter),
        ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", .malformedField),
        ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .malformedField),
        ("HTTP/1.1 200 OK\r\n: b\r\n\r\n", .malformedField), ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", .malformedField),
        ("HTTP/2 200\r\n\r\n", .malformedStartLine), ("HTTP/1.2 200 OK\r\n\r\n", .malformedStartLine),
        ("HTTP/1.1 20x OK\r\n\r\n", .malformedStartLine), ("HTTP/1.1 2000 OK\r\n\r\n", .malformedStartLine),
        ("HTTP/1.1 099 No\r\n\r\n", .malformedStartLine), ("ICY 200 OK\r\n\r\n", .malformedStartLine),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", .malformedStartLine),
        ("HTTP/1.1 101 Switch\r\n\r\n", .unexpectedInterimResponse),
        (String(repeating: "HTTP/1.1 100 Go\r\n\r\n", count: 5), .unexpectedInterimResponse),
        ("HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 101) + "\r\n", .tooManyFields),
    ])
    func malformedHeadsAreNamed(text: String, error: Http1Error) {
        #expect(Self.failure(text) == error)
    }

    @Test func longHeadsAreRefused() {
        #expect(Self.failure("HTTP/1.1 200 OK\r\nA: " + String(repeating: "b", count: 33_000)) == .headTooLong)
    }

    @Test func interimResponsesArePassedOver() throws {
        let text = String(repeating: "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n", count: 4) + "HTTP/1.0 404\r\n\r\n"
        let (head, _) = try Self.read(text, piece: 5).get()
        #expect(head?.status == 404)
        #expect(head?.keepsConnection == false)
    }

    static func framing(_ fields: String, status: Int = 200, version: Int = 1) -> Result<
        BodyFraming, Http1Error
    > {
        do throws(Http1Error) {
            guard let parsed = try read("HTTP/1.\(version) \(status) X\r\n\(fields)\r\n").get().head else {
                throw .truncated
            }
            return .success(try parsed.bodyFraming())
        } catch {
            return .failure(error)
        }
    }

    @Test func bodyFramingFollowsTheHead() {
        #expect(Self.framing("Content-Length: 5\r\n") == .success(.length(5)))
        #expect(Self.framing("Content-Length: 5\r\nContent-Length: 5\r\n") == .success(.length(5)))
        #expect(Self.framing("Transfer-Encoding: Chunked\r\n") == .success(.chunked))
        #expect(Self.framing("") == .success(.untilClose))
        #expect(Self.framing("", status: 204) == .success(.none))
    }

    @Test(arguments: [
        ("Content-Length: 5\r\nContent-Length: 6\r\n", Http1Error.malformedContentLength),
        ("Content-Length: -5\r\n", .malformedContentLength), ("Content-Length: +5\r\n", .malformedContentLength),
        ("Content-Length: 0x5\r\n", .malformedContentLength), ("Content-Length: 5, 5\r\n", .malformedContentLength),
        ("Content-Length:\r\n", .malformedContentLength),
        ("Content-Length: 99999999999999999999\r\n", .malformedContentLength),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", .unsupportedTransferCoding),
        ("Transfer-Encoding: gzip, chunked\r\n", .unsupportedTransferCoding),
        ("Transfer-Encoding: identity\r\n", .unsupportedTransferCoding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", .unsupportedTransferCoding),
    ])
    func contradictionsAreErrors(fields: String, error: Http1Error) {
        #expect(Self.framing(fields) == .failure(error))
    }

    @Test func chunkedNeedsHttp11() {
        #expect(Self.framing("Transfer-Encoding: chunked\r\n", version: 0) == .failure(.unsupportedTransferCoding))
    }

    @Test func requestsAreRead() throws {
        var reader = RequestHeadReader()
        let bytes = Array("GET /metrics HTTP/1.1\r\nHost: w:9090\r\n\r\nrest".utf8)
        let consumed = try reader.receive(bytes.rawSpan)
        #expect(consumed == bytes.count - 4)
        #expect(reader.head?.method == "GET")
        #expect(reader.head?.target == "/metrics")
        #expect(reader.head?.fields.first("host") == "w:9090")
    }

    @Test(arguments: ["GET  / HTTP/1.1", "GET / HTTP/2.0", "GET /", "GE T / HTTP/1.1", "PRI * HTTP/2.0", "/ HTTP/1.1"])
    func malformedRequestLinesAreRefused(line: String) {
        var reader = RequestHeadReader()
        let bytes = Array((line + "\r\n\r\n").utf8)
        #expect(throws: Http1Error.malformedStartLine) { _ = try reader.receive(bytes.rawSpan) }
    }

    @Test func headsAreWritten() {
        let fields = HeaderFields([
            HeaderField(name: "Host", value: "h"), HeaderField(name: "range", value: "bytes=0-9"),
        ])
        let request = RequestHead(method: "GET", target: "/a%20b", fields: fields)
        #expect(
            String(decoding: request.encode(), as: UTF8.self)
                == "GET /a%20b HTTP/1.1\r\nhost: h\r\nrange: bytes=0-9\r\n\r\n")
        let response = ResponseHead(
            status: 200, fields: HeaderFields([HeaderField(name: "content-length", value: "2")]))
        #expect(String(decoding: response.encode(), as: UTF8.self) == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n")
    }
}
