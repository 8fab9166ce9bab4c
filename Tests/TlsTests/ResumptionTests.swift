import Bytes
import COpenSSL
import Testing

@testable import Tls

@Suite("Resumed sessions")
struct ResumptionTests {
    static let names = "DNS:store.test,DNS:a.test,DNS:b.test,DNS:c.test"
    static let identity = VerificationTests.signed { $0.alternativeNames = names }

    let context: TlsContext
    let serverContext: ServerContext

    init() throws {
        context = try .trusting()
        serverContext = ServerContext(Self.identity)
    }

    /// Connects, moves a few bytes; whether an earlier session was resumed.
    func isResumed(
        _ host: String = "store.test", port: UInt16 = 443, by server: ServerContext? = nil, context: TlsContext? = nil,
        ending: (Loopback) throws -> Void = { $0.client.close() }
    ) throws -> Bool {
        let loop = try Loopback(context ?? self.context, server ?? serverContext, host: host, port: port)
        try loop.run()
        loop.server.send(pattern(10))
        try loop.client.send(pattern(20))
        try loop.run()
        #expect(loop.plainAtClient == pattern(10))
        #expect(loop.plainAtServer == pattern(20))
        try ending(loop)
        return loop.client.isResumed
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func aLaterConnectionResumes(version: Int32) throws {
        let server = ServerContext(Self.identity, versions: version...version)
        #expect(try !isResumed(by: server))
        for _ in 0..<3 { #expect(try isResumed(by: server)) }
    }

    @Test func aBurstOfConnectionsResumes() throws {
        #expect(try !isResumed())
        let loops = try (0..<5).map { _ in try Loopback(context, serverContext) }
        for loop in loops { try loop.run() }
        for loop in loops { #expect(loop.client.isResumed) }
    }

    @Test func onlyTheSameHostAndPortResume() throws {
        #expect(try !isResumed())
        #expect(try !isResumed("a.test"))
        #expect(try !isResumed(port: 444))
        #expect(try isResumed("STORE.test."))
    }

    @Test func nothingIsKeptOfAnUnverifiedPeer() throws {
        let server = ServerContext(Identity())
        for _ in 0..<2 {
            #expect(try Loopback(context, server).failure()?.kind == .untrusted(.selfSigned))
            #expect(context.sessions.count == 0)
        }
    }

    @Test func anUnknownTicketIsNoHindrance() throws {
        #expect(try !isResumed())
        // The same host with other ticket keys, as behind a balancer.
        #expect(try !isResumed(by: ServerContext(Self.identity)))
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func anUncleanEndIsNoHindrance(version: Int32) throws {
        let server = ServerContext(Self.identity, versions: version...version)
        _ = try isResumed(by: server) { _ in }
        let cutOff = try isResumed(by: server) { #expect($0.failureAtEnd()?.kind == .truncated) }
        #expect(cutOff)
        #expect(try isResumed(by: server))
    }

    @Test func afterAFailureTheNextHandshakeIsFull() throws {
        #expect(try !isResumed())
        let failed = try Loopback(context, serverContext)
        #expect(failed.failure(delivering: [1, 2, 3, 4, 5, 6])?.kind == .malformed)
        #expect(context.sessions.count == 0)
        #expect(try !isResumed())
    }

    @Test func anExpiredCertificateIsNotResumed() throws {
        #expect(try !isResumed())
        #expect(context.sessions.count == 1)
        let late = try TlsSession(context, host: "store.test", port: 443, secondsSince1970: Moment.yearAfter + 1)
        #expect(context.sessions.count == 0)
        let server = Server(serverContext)
        _ = server.receive(late.takeOutput()?.copiedBytes() ?? [])
        #expect(throws: TlsError(kind: .untrusted(.expired), reason: "certificate has expired")) {
            let flight = server.takeOutput()
            var nothing = MutableRawSpan()
            _ = try late.receive(flight.rawSpan, into: &nothing)
        }
    }

    @Test func theCacheIsBounded() throws {
        let small = try TlsContext.trusting(sessionLimit: 2)
        func isResumed(_ host: String) throws -> Bool { try self.isResumed(host, context: small) }
        #expect(try !isResumed("a.test"))
        #expect(try !isResumed("b.test"))
        #expect(try isResumed("a.test"))
        #expect(try !isResumed("c.test"))
        #expect(small.sessions.count == 2)
        // The one that was not used for longest went.
        #expect(try isResumed("a.test"))
        #expect(try isResumed("c.test"))
        #expect(try !isResumed("b.test"))
        #expect(small.sessions.count == 2)
    }

    @Test func contextsDoNotShareSessions() throws {
        #expect(try !isResumed())
        #expect(try !isResumed(context: .trusting()))
    }
}
