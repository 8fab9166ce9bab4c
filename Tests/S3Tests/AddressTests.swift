import Testing

@testable import S3

@Suite("Object locations and endpoints")
struct AddressTests {
    static func location(_ text: String) -> ObjectLocation? { try? ObjectLocation.parse(text) }

    @Test(arguments: [
        ("s3://b/k", "b", "k"), ("s3a://my-bucket.x_1/a/b c+d%20=é.parquet", "my-bucket.x_1", "a/b c+d%20=é.parquet"),
        ("s3://b//k", "b", "/k"), ("s3://b/../k", "b", "../k"), ("s3://b/k?x#y", "b", "k?x#y"),
        ("s3://b/k/", "b", "k/"),
    ])
    func keysAreVerbatim(text: String, bucket: String, key: String) throws {
        let location = try ObjectLocation.parse(text)
        #expect(location.bucket == bucket)
        #expect(location.key == key)
    }

    @Test(arguments: [
        "", "s3://", "s3://b", "s3://b/", "s3:///k", "file:///k", "gs://b/k", "S3://b/k", "s3://b/a\nb", "s3://b/a\0",
        "s3://b\r/k", "s3://b:80/k", "s3://u@b/k", "s3://../k", "s3://b/\u{7f}",
        "s3://b/" + String(repeating: "k", count: 1025),
    ])
    func unusableLocationsAreRefused(text: String) {
        #expect(throws: S3Error.invalidRequest(field: "data_file_paths")) { _ = try ObjectLocation.parse(text) }
    }

    @Test(
        arguments: [
            ("", "", "https", "s3.us-east-1.amazonaws.com", 443, ""),
            ("", "eu-west-3", "https", "s3.eu-west-3.amazonaws.com", 443, ""),
            ("http://minio:9000", "", "http", "minio:9000", 9000, ""),
            ("HTTPS://S3.Example.com/", "", "https", "s3.example.com", 443, ""),
            ("http://h:80/base/p/", "", "http", "h", 80, "/base/p"),
            ("http://[::1]:9000", "", "http", "[::1]:9000", 9000, ""),
            ("https://127.0.0.1:8443", "", "https", "127.0.0.1:8443", 8443, ""),
        ] as [(String, String, String, String, UInt16, String)])
    func endpointsAreRead(
        text: String, region: String, scheme: String, authority: String, port: UInt16, basePath: String
    ) throws {
        let endpoint = try Endpoint.parse(text, region: region, allowHTTP: true)
        #expect(endpoint.isSecure == (scheme == "https"))
        #expect(endpoint.authority == authority)
        #expect(endpoint.port == port)
        #expect(endpoint.basePath == basePath)
    }

    @Test(arguments: [
        "minio:9000", "ftp://h", "http://", "http:///p", "http://u:p@h", "http://h?q", "http://h/#f", "http://h:0",
        "http://h:65536", "http://h:", "http://h:8a", "http://[::1", "http://[::1]x", "http://[h]", "http://a b",
        "http://é",
        "http://h\r\nx", "http://h/a b", "http://h/%0a", "http://[fe80::1%25eth0]",
    ])
    func unusableEndpointsAreRefused(text: String) {
        #expect(throws: S3Error.invalidRequest(field: "s3_endpoint")) {
            _ = try Endpoint.parse(text, region: "", allowHTTP: true)
        }
    }

    @Test func plainHttpNeedsPermission() {
        #expect(throws: S3Error.plainHTTPNotAllowed) {
            _ = try Endpoint.parse("http://h", region: "", allowHTTP: false)
        }
        #expect(throws: S3Error.invalidRequest(field: "s3_region")) {
            _ = try Endpoint.parse("", region: "x/../y", allowHTTP: false)
        }
    }

    @Test func pathsEncodeEachOctetOnce() throws {
        let location = try ObjectLocation.parse("s3://b/a b+c%20=é/../~x_-.")
        var endpoint = try Endpoint.parse("http://h:9000/base", region: "", allowHTTP: true)
        #expect(endpoint.target(of: location).path == "/base/b/a%20b%2Bc%2520%3D%C3%A9/../~x_-.")
        endpoint.addressing = .virtualHost
        #expect(endpoint.target(of: location).authority == "b.h:9000")
        #expect(endpoint.target(of: location).path == "/base/a%20b%2Bc%2520%3D%C3%A9/../~x_-.")
    }

    @Test(
        arguments: [
            (0, "19700101T000000Z"), (951_782_399, "20000228T235959Z"), (951_782_400, "20000229T000000Z"),
            (1_369_353_600, "20130524T000000Z"), (4_107_542_399, "21000228T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
            (Int64.max, "99991231T235959Z"), (-5, "19700101T000000Z"),
        ] as [(Int64, String)])
    func datesAreCivil(seconds: Int64, text: String) {
        #expect(CivilDate(secondsSince1970: seconds).timeText == text)
    }

    @Test func httpDatesAreRead() {
        #expect(CivilDate.parseHTTPDate("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(CivilDate.parseHTTPDate("Tue, 29 Feb 2000 00:00:00 GMT") == 951_782_400)
        for text in [
            "", "Sun, 06 Nov 1994 08:49:37", "Sun, 99 Nov 1994 08:49:37 GMT", "x y z", "Sun, 06 Foo 1994 08:49:37 GMT",
        ] {
            #expect(CivilDate.parseHTTPDate(text) == nil)
        }
    }
}
