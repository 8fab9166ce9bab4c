import Bytes
import Testing

@testable import S3

@Suite("Request signatures")
struct RequestSignerTests {
    /// The example of "Authenticating Requests: Using the Authorization Header", GET Object.
    static let accessKey = "AKIAIOSFODNN7EXAMPLE"
    static let secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    static let time: Int64 = 1_369_353_600

    static func head(_ request: ObjectRequest, token: String? = nil, anonymous: Bool = false) throws -> String {
        var endpoint = try Endpoint.parse("https://s3.amazonaws.com", region: "us-east-1", allowHTTP: false)
        endpoint.addressing = .virtualHost
        let keys = try Credentials(
            accessKey: anonymous ? "" : accessKey, secretKey: anonymous ? "" : secretKey, sessionToken: token)
        let fetch = try ObjectFetch(request: request, endpoint: endpoint, credentials: keys, secondsSince1970: time)
        return String(decoding: fetch.requestHead, as: UTF8.self)
    }

    @Test func matchesThePublishedExample() throws {
        let request = ObjectRequest(
            location: try .parse("s3://examplebucket/test.txt"), part: .range(ByteRange(offset: 0, count: 10)))
        let head = try Self.head(request)
        #expect(
            head.hasPrefix("GET /test.txt HTTP/1.1\r\nhost: examplebucket.s3.amazonaws.com\r\nrange: bytes=0-9\r\n"))
        #expect(
            head.contains(
                "authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                    + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                    + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41\r\n"))
    }

    @Test func tokenAndVersionAreSigned() throws {
        let request = ObjectRequest(location: try .parse("s3://b/k"), part: .suffix(1), ifMatch: "\"v1\"")
        let head = try Self.head(request, token: "TOKEN")
        #expect(head.contains("x-amz-security-token: TOKEN\r\n"))
        #expect(
            head.contains("SignedHeaders=host;if-match;range;x-amz-content-sha256;x-amz-date;x-amz-security-token,"))
    }

    @Test func withoutKeysNothingIsSigned() throws {
        let request = ObjectRequest(location: try .parse("s3://b/k"), part: .suffix(1))
        let head = try Self.head(request, anonymous: true)
        #expect(!head.contains("authorization"))
        #expect(!head.contains("x-amz"))
    }

    @Test func theKeyOfTheDayIsKeptAndChanged() throws {
        let keys = try Credentials(accessKey: Self.accessKey, secretKey: Self.secretKey, sessionToken: nil)
        let first = keys.signingKey(day: "20130524", region: "us-east-1")
        #expect(keys.signingKey(day: "20130524", region: "us-east-1") === first)
        #expect(keys.signingKey(day: "20130525", region: "us-east-1").copy != first.copy)
        #expect(keys.signingKey(day: "20130524", region: "eu-west-1").copy != first.copy)
    }

    @Test func credentialsShowNothing() throws {
        let keys = try Credentials(accessKey: Self.accessKey, secretKey: Self.secretKey, sessionToken: "TOKEN")
        var dumped = ""
        dump(keys, to: &dumped)
        for text in ["\(keys)", String(reflecting: keys), dumped] {
            for secret in [Self.accessKey, Self.secretKey, "TOKEN"] { #expect(!text.contains(secret)) }
        }
    }

    @Test(arguments: [("a\r\nx: y", "s", ""), ("a", "s", "t\r\nx: y"), ("a", "", ""), ("", "s", ""), ("a b", "s", "")])
    func keysThatCannotBeSentAreRefused(access: String, secret: String, token: String) {
        #expect(throws: S3Error.self) {
            _ = try Credentials(accessKey: access, secretKey: secret, sessionToken: token)
        }
    }

    @Test func principalsDifferByAccessKeyAndToken() throws {
        func digest(_ accessKey: String, _ secretKey: String = "hush", _ token: String? = nil) throws -> [UInt8] {
            try Credentials(accessKey: accessKey, secretKey: secretKey, sessionToken: token).principalDigest
        }
        #expect(try digest("AB").count == 32)
        #expect(try digest("AB") == digest("AB", "other"))
        #expect(try digest("AB") == digest("AB", "hush", ""))
        let others = try [digest("A", "hush", "B"), digest("ABC"), digest("AB", "hush", "C"), digest("", "")]
        #expect(Set(others + [try digest("AB")]).count == 5)
    }
}
