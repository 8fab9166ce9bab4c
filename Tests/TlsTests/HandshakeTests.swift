import Bytes
import COpenSSL
import Randomness
import Testing

@testable import Tls

@Suite("TLS handshakes")
struct HandshakeTests {
    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func bytesMayComeOneByOne(version: Int32) throws {
        let loop = try Loopback(.trusting(), ServerContext(versions: version...version))
        loop.pieceByteCount = 1
        try loop.run()
        #expect(loop.client.isConnected)
        #expect(loop.client.wantsInput)
    }

    @Test func anySplitOfTheFirstFlightWillDo() throws {
        let context = try TlsContext.trusting(sessionLimit: 1)
        let serverContext = ServerContext()
        var position = 0
        var end = 1
        while position < end {
            // A new name each time, so that no session is resumed.
            let loop = try Loopback(context, serverContext, port: UInt16(position + 1))
            loop.deliverToServer()
            let flight = loop.server.takeOutput()
            end = flight.count
            let split = min(position, end)
            try loop.deliverToClient(Array(flight[..<split]))
            try loop.deliverToClient(Array(flight[split...]))
            #expect(loop.client.isConnected, "split at \(split)")
            position += 7
        }
        #expect(end > 500)
    }

    @Test func newerVersionsArePreferred() throws {
        let loop = try Loopback(.trusting(), ServerContext(versions: TLS1_VERSION...TLS1_3_VERSION))
        #expect(loop.client.version == nil)
        try loop.run()
        #expect(loop.client.version == .tls13)
    }

    @Test func oldVersionsAreRefused() throws {
        let loop = try Loopback(.trusting(), ServerContext(versions: TLS1_VERSION...TLS1_1_VERSION))
        #expect(loop.failure()?.kind == .protocolVersion)
    }

    /// A server that does not look at what the client can do.
    @Test func anAnswerInAnOldVersionIsRefused() throws {
        let loop = try Loopback(.trusting(), ServerContext())
        let hello: [UInt8] =
            // Record: handshake, TLS 1.1, 42 bytes. ServerHello, 38 bytes, TLS 1.1.
            [22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2]
            // Random; no session id; TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA; no compression.
            + [UInt8](repeating: 7, count: 32) + [0, 0xc0, 0x13, 0]
        #expect(loop.failure(delivering: hello)?.kind == .protocolVersion)
    }

    @Test(arguments: [
        // No authenticated encryption, or no ephemeral keys.
        "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "AES128-GCM-SHA256", "AES256-SHA",
        "DHE-RSA-AES128-GCM-SHA256",
    ])
    func weakSuitesAreRefused(cipherList: String) throws {
        let identity = VerificationTests.signed { $0.keyKind = .rsa2048 }
        let context = ServerContext(identity, versions: TLS1_2_VERSION...TLS1_2_VERSION, cipherList: cipherList)
        let loop = try Loopback(.trusting(), context)
        #expect(loop.failure()?.kind == .alert(UInt8(SSL_AD_HANDSHAKE_FAILURE)))
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func theApplicationProtocolIsAgreed(version: Int32) throws {
        func loop(_ choice: ServerContext.ProtocolChoice) throws -> Loopback {
            try Loopback(.trusting(), ServerContext(versions: version...version, choice: choice))
        }
        let agreed = try loop(.picks("http/1.1"))
        try agreed.run()
        #expect(agreed.client.applicationProtocol == "http/1.1")
        // Many stores do not know of ALPN; HTTP/1.1 is what they speak.
        let silent = try loop(.ignores)
        try silent.run()
        #expect(silent.client.applicationProtocol == nil)
        #expect(silent.client.isConnected)
        #expect(try loop(.refuses).failure()?.kind == .applicationProtocolRefused)
        let unoffered = try loop(.picks("h2"))
        #expect(unoffered.failure()?.kind == .malformed)
        #expect(!unoffered.client.isConnected)
    }

    @Test(arguments: [
        Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), Array("SSH-2.0-OpenSSH_9\r\n".utf8),
        [UInt8](repeating: 0, count: 100), [UInt8](repeating: 0xff, count: 100),
        // Application data, and a ChangeCipherSpec, before anything else; a record that is too long.
        [23, 3, 3, 0, 3, 1, 2, 3], [20, 3, 3, 0, 1, 2], [22, 3, 3, 0xff, 0xff, 0, 0, 0],
    ])
    func garbageIsRefused(bytes: [UInt8]) throws {
        let loop = try Loopback(.trusting(), ServerContext())
        #expect(loop.failure(delivering: bytes)?.kind == .malformed)
        #expect(loop.failureAtEnd()?.kind == .malformed)
    }

    @Test func anAlertIsNamed() throws {
        let loop = try Loopback(.trusting(), ServerContext())
        // Record: alert, TLS 1.2, 2 bytes. Fatal, internal_error.
        let error = loop.failure(delivering: [21, 3, 3, 0, 2, 2, 80])
        #expect(error == TlsError(kind: .alert(80), reason: "internal error"))
    }

    /// Clean it may be, but there is nothing that it ends.
    @Test func aCloseDuringTheHandshakeIsATruncation() throws {
        let loop = try Loopback(.trusting(), ServerContext())
        // Record: alert, TLS 1.2, 2 bytes. Warning, close_notify.
        #expect(loop.failure(delivering: [21, 3, 3, 0, 2, 1, 0])?.kind == .truncated)
        #expect(!loop.client.isPeerClosed)
        #expect(loop.failureAtEnd()?.kind == .truncated)
    }

    @Test(arguments: 0..<200)
    func noiseNeverConnects(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let context = try TlsContext.trusting()
        let noise = (0..<Int.random(in: 1...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        // In one half, noise that looks like a handshake record.
        let head: [UInt8] = seed % 2 == 0 ? [22, 3, 3, 0, UInt8(noise.count & 255), 2, 0, 0] : []
        let loop = try Loopback(context, ServerContext())
        _ = loop.failure(delivering: head + noise)
        #expect(!loop.client.isConnected)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func anAlteredFlightGivesNothing(version: Int32) throws {
        let context = try TlsContext.trusting()
        let serverContext = ServerContext(versions: version...version)
        var random = SeededRandom(seed: 5)
        for port in 1...150 {
            let loop = try Loopback(context, serverContext, port: UInt16(port))
            loop.deliverToServer()
            var flight = loop.server.takeOutput()
            flight[.random(in: 0..<flight.count, using: &random)] ^= UInt8(1) << UInt8.random(in: 0...7, using: &random)
            let error = loop.failure(delivering: flight)
            // The version in a record's head is not protected, nor is there need to.
            #expect(error != nil || loop.client.isConnected || loop.client.wantsInput)
            #expect(loop.plainAtClient.isEmpty)
            if error != nil { #expect(!loop.client.isConnected) }
        }
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func anEndDuringTheHandshakeIsATruncation(version: Int32) throws {
        let context = try TlsContext.trusting()
        let serverContext = ServerContext(versions: version...version)
        for step in 0..<10 {
            let loop = try Loopback(context, serverContext, port: UInt16(step + 1))
            loop.deliverToServer()
            let flight = loop.server.takeOutput()
            try loop.deliverToClient(Array(flight[..<(flight.count * step / 10)]))
            #expect(loop.client.wantsInput)
            #expect(loop.failureAtEnd()?.kind == .truncated)
            #expect(loop.failure(delivering: flight)?.kind == .truncated)
        }
    }
}
