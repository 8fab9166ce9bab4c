import Testing

@testable import Tls

@Suite("Trusted authorities")
struct TrustAnchorsTests {
    static func failure(_ pem: [UInt8]) -> TlsError.Kind? {
        do throws(TlsError) {
            _ = try TrustAnchors(system: false, pem: pem)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test func anyNumberOfCertificatesIsRead() throws {
        let other = Identity(Identity.Claims(commonName: "other", alternativeNames: "", isAuthority: true))
        let pem = Array("# ours\n".utf8) + other.pem + Array("\n# theirs\n".utf8) + Known.authority.pem
        let anchors = try TrustAnchors(system: false, pem: pem)
        for identity in [Known.store, Identity(issuer: other)] {
            // One set of anchors serves the contexts of all cores.
            let context = TlsContext(anchors: anchors, applicationProtocols: [])
            #expect(try Loopback(context, ServerContext(identity)).failure() == nil)
        }
    }

    @Test func whatIsNoCertificateIsRefused() {
        let good = Known.authority.pem
        #expect(Self.failure(Array("nothing here".utf8)) == .unusableAuthorities)
        #expect(Self.failure(Array(good[..<(good.count / 2)])) == .unusableAuthorities)
        var damaged = good
        damaged[good.count / 2] = UInt8(ascii: "!")
        #expect(Self.failure(damaged) == .unusableAuthorities)
        // A good one before it does not excuse it.
        #expect(Self.failure(good + damaged) == .unusableAuthorities)
        #expect(Self.failure(good) == nil)
    }

    /// The library's own way would be to ask for a passphrase at the terminal.
    @Test func encryptedTextIsRefused() {
        let text = """
            -----BEGIN CERTIFICATE-----
            Proc-Type: 4,ENCRYPTED
            DEK-Info: AES-128-CBC,000102030405060708090A0B0C0D0E0F

            AAAAAAAAAAAAAAAAAAAAAA==
            -----END CERTIFICATE-----

            """
        #expect(Self.failure(Array(text.utf8)) == .unusableAuthorities)
    }

    @Test func theSystemsAuthoritiesStandBesideThose() throws {
        let alone = TlsContext(anchors: try TrustAnchors(system: true, pem: []), applicationProtocols: [])
        #expect(try Loopback(alone, ServerContext()).failure()?.kind == .untrusted(.unknownAuthority))
        let both = TlsContext(
            anchors: try TrustAnchors(system: true, pem: Known.authority.pem), applicationProtocols: [])
        #expect(try Loopback(both, ServerContext()).failure() == nil)
    }
}
