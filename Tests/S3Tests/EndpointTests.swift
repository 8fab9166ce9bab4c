import Testing

@testable import S3

@Suite("Endpoints that change")
struct EndpointTests {
    private static func endpoint(_ text: String, region: String = "us-east-1") throws -> Endpoint {
        try Endpoint.parse(text, region: region, allowHTTP: true)
    }

    @Test func anotherRegionOfAmazonsIsAnotherHost() throws {
        let moved = try #require(try Self.endpoint("").inRegion("eu-west-1"))
        #expect(moved.host == "s3.eu-west-1.amazonaws.com")
        #expect(moved.region == "eu-west-1")
        let own = try #require(try Self.endpoint("http://minio:9000/base").inRegion("eu-west-1"))
        #expect(own.authority == "minio:9000")
        #expect(own.region == "eu-west-1")
        for region in ["", "a b", "x/y", String(repeating: "a", count: 65)] {
            #expect(try Self.endpoint("").inRegion(region) == nil)
        }
    }

    /// The host's own region counts, whatever was signed for before.
    @Test(arguments: [
        ("https://s3.us-east-1.amazonaws.com:8443", "us-east-1", "s3.eu-west-1.amazonaws.com:8443"),
        ("https://s3.us-east-1.amazonaws.com", "us-west-2", "s3.eu-west-1.amazonaws.com"),
        ("https://s3.amazonaws.com", "us-east-1", "s3.eu-west-1.amazonaws.com"),
        ("https://s3.dualstack.us-east-1.amazonaws.com", "us-east-1", "s3.dualstack.us-east-1.amazonaws.com"),
        ("https://s3.us-east-1.amazonaws.com.cn", "us-east-1", "s3.us-east-1.amazonaws.com.cn"),
        ("https://s3..amazonaws.com", "us-east-1", "s3..amazonaws.com"),
    ])
    func regionalHostsGiveWayToOthers(text: String, region: String, authority: String) throws {
        let moved = try #require(try Self.endpoint(text, region: region).inRegion("eu-west-1"))
        #expect(moved.authority == authority)
        #expect(moved.region == "eu-west-1")
    }

    @Test(arguments: [
        ("", "https://lake.s3.eu-west-1.amazonaws.com/k", "eu-west-1"),
        ("", "https://s3.eu-west-1.amazonaws.com/lake/k", "eu-west-1"),
        ("", "https://lake.s3.amazonaws.com/k", "us-east-1"),
        ("http://minio:9000", "http://minio:9000/lake/k", "us-east-1"),
    ])
    func redirectsAreSignedForTheRegionOfTheirHost(from: String, to place: String, region: String) throws {
        let location = try ObjectLocation.parse("s3://lake/k")
        #expect(try Self.endpoint(from).redirected(to: place, for: location)?.region == region)
    }

    @Test func bucketsAreAddressedByHostAtAmazonsOnly() throws {
        let location = try ObjectLocation.parse("s3://lake/a/b c")
        for (text, host, path) in [
            ("", "lake.s3.us-east-1.amazonaws.com", "/a/b%20c"), ("http://minio:9000", "minio", "/lake/a/b%20c"),
        ] {
            var endpoint = try Self.endpoint(text)
            endpoint.preferVirtualHosts()
            #expect(endpoint.origin(of: location).host == host)
            #expect(endpoint.target(of: location).path == path)
        }
    }

    /// One label only: certificates cover no more, and other names are none.
    @Test(arguments: ["with.dot", "Capital", "under_score", "-dash", "dash-"])
    func bucketsThatAreNoHostStayInThePath(_ bucket: String) throws {
        var endpoint = try Self.endpoint("")
        endpoint.preferVirtualHosts()
        let location = try ObjectLocation.parse("s3://\(bucket)/k")
        #expect(endpoint.origin(of: location).host == "s3.us-east-1.amazonaws.com")
        #expect(endpoint.target(of: location).path == "/\(bucket)/k")
    }

    private static let redirects: [(from: String, to: String, host: String?)] = [
        ("http://minio:9000", "http://minio:9000/lake/k", "minio"),
        ("http://minio:9000", "https://minio/lake/k", "minio"),
        ("http://minio:9000", "http://minio:9000/lake/k?versions", "minio"),
        ("https://minio", "http://minio/lake/k", nil), ("http://minio:9000", "http://minio:9001/lake/k", nil),
        ("http://minio:9000", "http://other:9000/lake/k", nil),
        ("http://minio:9000", "http://minio:9000/lake/other", nil),
        ("http://minio:9000", "http://u@minio:9000/lake/k", nil), ("http://minio:9000", "ftp://minio:9000/lake/k", nil),
        ("http://minio:9000", "/lake/k", nil), ("http://minio:9000", "", nil),
        ("", "https://lake.s3.eu-west-1.amazonaws.com/k", "lake.s3.eu-west-1.amazonaws.com"),
        ("", "https://s3.eu-west-1.amazonaws.com/lake/k", "s3.eu-west-1.amazonaws.com"),
        ("", "http://lake.s3.eu-west-1.amazonaws.com/k", nil), ("", "https://lake.amazonaws.com.evil.org/k", nil),
        ("https://minio", "https://lake.s3.eu-west-1.amazonaws.com/k", nil),
    ]

    @Test(arguments: redirects.indices)
    func redirectsStayWhereTheKeysMayGo(_ index: Int) throws {
        let (from, place, host) = Self.redirects[index]
        let location = try ObjectLocation.parse("s3://lake/k")
        let target = try Self.endpoint(from).redirected(to: place, for: location)
        #expect(target?.origin(of: location).host == host)
    }
}
