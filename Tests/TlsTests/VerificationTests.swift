import COpenSSL
import Testing

@testable import Tls

@Suite("Who the peer is")
struct VerificationTests {
    static func failure(_ identity: Identity, chain: [Identity] = [], host: String = "store.test") throws -> TlsError? {
        try Loopback(.trusting(), ServerContext(identity, chain: chain), host: host).failure()
    }

    static func signed(_ change: (inout Identity.Claims) -> Void) -> Identity {
        var claims = Identity.Claims()
        change(&claims)
        return Identity(claims, issuer: Known.authority)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func aGoodChainIsAccepted(version: Int32) throws {
        let loop = try Loopback(.trusting(), ServerContext(versions: version...version))
        try loop.run()
        #expect(loop.client.isConnected)
        #expect(loop.client.version == (version == TLS1_3_VERSION ? .tls13 : .tls12))
        #expect(!loop.client.isResumed)
    }

    @Test(arguments: [
        ("DNS:store.test", "store.test"), ("DNS:store.test", "STORE.test."),
        ("DNS:other.test,DNS:store.test", "store.test"),
        ("DNS:*.store.test", "bucket.store.test"), ("IP:192.0.2.1", "192.0.2.1"), ("IP:2001:db8::1", "2001:db8:0::1"),
    ])
    func alternativeNamesAreTheNames(names: String, host: String) throws {
        #expect(try Self.failure(Self.signed { $0.alternativeNames = names }, host: host) == nil)
    }

    @Test(arguments: [
        ("DNS:store.test", "other.test"), ("DNS:store.test", "a.store.test"), ("DNS:*.store.test", "store.test"),
        ("DNS:*.store.test", "a.b.store.test"), ("DNS:b*.store.test", "bucket.store.test"),
        ("IP:192.0.2.1", "192.0.2.2"), ("DNS:192.0.2.1", "192.0.2.1"), ("IP:2001:db8::1", "2001:db8::2"),
        // A common name is no name of a host.
        ("", "test"),
    ])
    func anotherHostIsRefused(names: String, host: String) throws {
        let error = try Self.failure(Self.signed { $0.alternativeNames = names }, host: host)
        #expect(error?.kind == .untrusted(.wrongHost))
    }

    @Test func certificatesHaveTheirTime() throws {
        let expired = Self.signed { $0.validUntil = Moment.now - 1 }
        #expect(try Self.failure(expired)?.kind == .untrusted(.expired))
        let early = Self.signed { $0.validFrom = Moment.now + 1 }
        #expect(try Self.failure(early)?.kind == .untrusted(.notYetValid))
        let exact = Self.signed {
            $0.validFrom = Moment.now
            $0.validUntil = Moment.now + 1
        }
        #expect(try Self.failure(exact) == nil)
    }

    @Test func onlyTrustedAuthoritiesCount() throws {
        #expect(try Self.failure(Identity())?.kind == .untrusted(.selfSigned))
        // Of the same name, but another key.
        let impostor = Identity(
            Identity.Claims(commonName: "known authority", alternativeNames: "", isAuthority: true))
        let stranger = Identity(
            Identity.Claims(commonName: "stranger", alternativeNames: "", isAuthority: true))
        for authority in [stranger, impostor] {
            let leaf = Identity(issuer: authority)
            #expect(try Self.failure(leaf, chain: [authority])?.kind == .untrusted(.unknownAuthority))
        }
        #expect(try Self.failure(Identity(issuer: stranger))?.kind == .untrusted(.unknownAuthority))
        // Who is no authority cannot make others one.
        let climber = Identity(Identity.Claims(commonName: "climber"), issuer: Known.store)
        let error = try Self.failure(climber, chain: [Known.store])
        #expect(error?.kind == .untrusted(.wrongPurpose))
    }

    @Test func chainsGoThroughAuthoritiesBetween() throws {
        let between = Identity(
            Identity.Claims(commonName: "between", alternativeNames: "", isAuthority: true), issuer: Known.authority)
        let leaf = Identity(issuer: between)
        #expect(try Self.failure(leaf, chain: [between]) == nil)
        #expect(try Self.failure(leaf)?.kind == .untrusted(.unknownAuthority))
        // Named as an anchor, it needs no one above it.
        #expect(try Loopback(.trusting(between), ServerContext(leaf)).failure() == nil)
        // So does a server's own certificate.
        let alone = Identity()
        #expect(try Loopback(.trusting(alone), ServerContext(alone)).failure() == nil)
    }

    @Test func purposeAndStrengthAreChecked() throws {
        #expect(try Self.failure(Self.signed { $0.purpose = "clientAuth" })?.kind == .untrusted(.wrongPurpose))
        let weak = try Self.failure(Self.signed { $0.keyKind = .rsa1024 })
        #expect(weak?.kind == .untrusted(.other(X509_V_ERR_EE_KEY_TOO_SMALL)))
        #expect(weak?.reason.isEmpty == false)
        #expect(try Self.failure(Self.signed { $0.keyKind = .rsa2048 }) == nil)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func thePeerIsToldOfTheRefusal(version: Int32) throws {
        let loop = try Loopback(.trusting(), ServerContext(Identity(), versions: version...version))
        #expect(loop.failure()?.kind == .untrusted(.selfSigned))
        #expect(!loop.client.isConnected)
        loop.deliverToServer()
        #expect(loop.server.failureReason == SSL_AD_REASON_OFFSET + SSL_AD_UNKNOWN_CA)
        // And it stays refused.
        #expect(loop.failure(delivering: [0])?.kind == .untrusted(.selfSigned))
        #expect(loop.failureAtEnd()?.kind == .untrusted(.selfSigned))
    }

    @Test func namesOfHostsAreSentAndAddressesAreNot() throws {
        let names = "DNS:store.test,IP:192.0.2.1,IP:2001:db8::1"
        let identity = Self.signed { $0.alternativeNames = names }
        for (host, name) in [("Store.Test.", "store.test"), ("192.0.2.1", nil), ("2001:db8::1", nil)] {
            let loop = try Loopback(.trusting(), ServerContext(identity), host: host)
            try loop.run()
            #expect(loop.server.requestedName == name)
        }
    }

    @Test(arguments: [
        "", ".", "a b", "a\0b", "store.test\0.evil", "[::1]", "1::2::3", "ü.test", String(repeating: "a", count: 254),
    ])
    func whatIsNoHostIsRefused(host: String) throws {
        let context = try TlsContext.trusting()
        #expect(throws: TlsError(kind: .invalidHost, reason: "")) {
            _ = try TlsSession(context, host: host, port: 443, secondsSince1970: Moment.now)
        }
    }
}
