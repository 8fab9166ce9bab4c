import Testing

@testable import S3

@Suite("Endpoint rules")
struct EndpointRulesTests {
    private static let list =
        "minio:9000, *.example.org,*.amazonaws.com:443 ,10.0.0.5,[2001:db8::1]:9000,2001:db8::2,169.254.1.1:80,LAKE.local"

    private static let cases: [(String, UInt16, Bool)] = [
        ("minio", 9000, true), ("minio", 9001, false), ("a.example.org", 1, true), ("a.b.example.org", 443, true),
        ("example.org", 443, false), ("evilexample.org", 443, false), ("s3.amazonaws.com", 443, true),
        ("s3.amazonaws.com", 80, false), ("10.0.0.5", 7, true), ("10.0.0.6", 7, false), ("2001:db8::1", 9000, true),
        ("2001:db8::1", 9001, false), ("2001:db8::2", 5, true), ("lake.local", 80, true), ("", 80, false),
    ]

    @Test(arguments: cases.indices)
    func whatIsListedIsAllowed(_ index: Int) throws {
        let (host, port, isAllowed) = Self.cases[index]
        let rules = try EndpointRules(parsing: Self.list)
        #expect(rules.allows(Endpoint.Origin(isSecure: false, host: host, port: port)) == isAllowed)
    }

    @Test func withoutAListEverythingIs() throws {
        for rules in [EndpointRules(), try EndpointRules(parsing: "")] {
            #expect(rules.allows(Endpoint.Origin(isSecure: true, host: "anywhere", port: 1)))
            #expect(!rules.lists(address: "169.254.1.1", port: 80))
        }
    }

    @Test func anAddressIsListedByNumberOnly() throws {
        let rules = try EndpointRules(parsing: Self.list)
        #expect(rules.lists(address: "169.254.1.1", port: 80))
        #expect(!rules.lists(address: "169.254.1.1", port: 81))
        #expect(!rules.lists(address: "169.254.169.254", port: 80))
    }

    private static let nonsense = [
        ",", "a,,b", "*", "*.", "a b", "a:0", "a:99999", "a:x", "http://a", "a/b", "u@a", "[::1", "*.*.a",
    ]

    @Test(arguments: nonsense)
    func whatIsNoEndpoint(_ text: String) {
        #expect(throws: S3Error.invalidRequest(field: "allowed_endpoints")) { try EndpointRules(parsing: text) }
    }
}
