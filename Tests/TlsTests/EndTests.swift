import Bytes
import COpenSSL
import Testing

@testable import Tls

@Suite("How TLS ends")
struct EndTests {
    static let versions = [TLS1_2_VERSION, TLS1_3_VERSION]

    static func connected(_ version: Int32) throws -> Loopback {
        try TransferTests.connected(version...version)
    }

    @Test(arguments: versions)
    func aCleanCloseIsNoError(version: Int32) throws {
        let loop = try Self.connected(version)
        loop.server.send(pattern(100))
        loop.server.sendCloseNotify()
        let sealed = loop.server.takeOutput()
        // What follows the end is nobody's.
        try loop.deliverToClient(sealed + [1, 2, 3])
        #expect(loop.plainAtClient == pattern(100))
        #expect(loop.client.isPeerClosed)
        #expect(!loop.client.wantsInput)
        #expect(loop.failureAtEnd() == nil)
        try loop.deliverToClient([4, 5])
        #expect(loop.plainAtClient == pattern(100))
    }

    @Test(arguments: versions)
    func anEndAtAnyOtherPlaceIsATruncation(version: Int32) throws {
        var cut = 0
        var end = 0
        while cut <= end {
            let loop = try Self.connected(version)
            loop.server.send(pattern(10))
            loop.server.sendCloseNotify()
            let sealed = loop.server.takeOutput()
            end = sealed.count - 1
            try loop.deliverToClient(Array(sealed[..<cut]))
            #expect(!loop.client.isPeerClosed)
            #expect(loop.failureAtEnd()?.kind == .truncated, "cut at \(cut)")
            #expect(loop.plainAtClient.isEmpty || loop.plainAtClient == pattern(10))
            cut += 1
        }
        #expect(end > 30)
    }

    @Test(arguments: versions)
    func thisSideCloses(version: Int32) throws {
        let loop = try Self.connected(version)
        try loop.client.send(pattern(10))
        loop.client.close()
        loop.client.close()
        loop.deliverToServer()
        #expect(loop.server.isPeerClosed)
        #expect(loop.plainAtServer == pattern(10))
        // The other direction is still open.
        #expect(!loop.client.isPeerClosed)
        loop.server.send(pattern(20))
        try loop.run()
        #expect(loop.plainAtClient == pattern(20))
    }

    @Test func closingBeforeTheHandshakeSaysNothing() throws {
        let loop = try Loopback(.trusting(), ServerContext())
        _ = loop.client.takeOutput()
        loop.client.close()
        #expect(!loop.client.hasOutput)
    }

    @Test(arguments: versions)
    func anAlertAmongDataComesAfterTheData(version: Int32) throws {
        let loop = try Self.connected(version)
        loop.server.send(pattern(5000))
        // A record that no one sealed: the server gives up.
        _ = loop.server.receive([23, 3, 3, 0, 40] + [UInt8](repeating: 1, count: 40))
        let error = loop.failure(delivering: loop.server.takeOutput())
        #expect(loop.plainAtClient == pattern(5000))
        #expect(error?.kind == .alert(UInt8(SSL_AD_BAD_RECORD_MAC)))
        #expect(loop.failureAtEnd() == error)
        #expect(throws: try #require(error)) { try loop.client.send([1]) }
        #expect(!loop.client.wantsInput)
    }

    @Test(arguments: versions)
    func anAlteredRecordIsRefusedWhole(version: Int32) throws {
        for position in stride(from: 5, to: 100, by: 9) {
            let loop = try Self.connected(version)
            loop.server.send(pattern(100))
            loop.server.send(pattern(100))
            var sealed = loop.server.takeOutput()
            sealed[sealed.count / 2 + position] ^= 1
            #expect(loop.failure(delivering: sealed)?.kind == .malformed)
            #expect(loop.plainAtClient == pattern(100))
            // The peer is told.
            loop.deliverToServer()
            #expect(loop.server.failureReason == SSL_AD_REASON_OFFSET + SSL_AD_BAD_RECORD_MAC)
        }
    }

    @Test(arguments: versions)
    func aRecordSentTwiceIsRefused(version: Int32) throws {
        let loop = try Self.connected(version)
        loop.server.send(pattern(100))
        let sealed = loop.server.takeOutput()
        #expect(loop.failure(delivering: sealed + sealed)?.kind == .malformed)
        #expect(loop.plainAtClient == pattern(100))
    }
}
