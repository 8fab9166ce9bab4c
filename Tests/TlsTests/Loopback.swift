import Bytes
import COpenSSL

@testable import Tls

/// A client and a server that talk through memory.
final class Loopback {
    let client: TlsSession
    let server: Server
    /// What the client received.
    var plainAtClient: [UInt8] = []
    /// What the server received.
    var plainAtServer: [UInt8] = []
    /// Sealed bytes that the client is given at once; nil gives all.
    var pieceByteCount: Int?
    /// Room for plain bytes in each of the client's calls.
    var roomByteCount = 16 << 10

    init(_ context: TlsContext, _ serverContext: ServerContext, host: String = "store.test", port: UInt16 = 443)
        throws(TlsError)
    {
        client = try TlsSession(context, host: host, port: port, secondsSince1970: Moment.now)
        server = Server(serverContext)
    }

    /// Moves bytes both ways until both sides are quiet.
    func run() throws(TlsError) {
        while true {
            deliverToServer()
            let sealed = server.takeOutput()
            if sealed.isEmpty { return }
            try deliverToClient(sealed)
        }
    }

    /// Gives the client sealed bytes, in pieces, as a caller with little room would.
    func deliverToClient(_ sealed: [UInt8]) throws(TlsError) {
        let size = pieceByteCount ?? max(sealed.count, 1)
        for start in stride(from: 0, to: sealed.count, by: size) {
            try receive(Array(sealed[start..<min(start + size, sealed.count)]))
        }
    }

    func deliverToServer() {
        while let output = client.takeOutput() { plainAtServer += server.receive(output.copiedBytes()) }
    }

    private func receive(_ sealed: [UInt8]) throws(TlsError) {
        let room = Block.allocate(capacity: roomByteCount)
        var consumed = 0
        repeat {
            let rest = sealed.rawSpan.extracting(consumed..<sealed.count)
            var target = room.slice(0, count: roomByteCount).mutableBytes
            let progress = try client.receive(rest, into: &target)
            plainAtClient += room.slice(0, count: progress.written).copiedBytes()
            consumed += progress.consumed
        } while !client.wantsInput && !client.isPeerClosed
        precondition(consumed == sealed.count)
    }

    /// What ``run()`` throws.
    func failure() -> TlsError? {
        do throws(TlsError) {
            try run()
            return nil
        } catch {
            return error
        }
    }

    /// What ``deliverToClient(_:)`` throws.
    func failure(delivering sealed: [UInt8]) -> TlsError? {
        do throws(TlsError) {
            try deliverToClient(sealed)
            return nil
        } catch {
            return error
        }
    }

    /// What ``TlsSession/receiveEnd()`` throws.
    func failureAtEnd() -> TlsError? {
        do throws(TlsError) {
            try client.receiveEnd()
            return nil
        } catch {
            return error
        }
    }
}

extension TlsSession {
    func send(_ plain: [UInt8]) throws(TlsError) { try send(plain.rawSpan) }
}

extension TlsContext {
    /// A context that trusts the known authority, or another one, and nothing else.
    static func trusting(
        _ anchor: Identity = Known.authority, protocols: [String] = ["http/1.1"], sessionLimit: Int = 64
    ) throws(TlsError) -> TlsContext {
        TlsContext(
            anchors: try TrustAnchors(system: false, pem: anchor.pem), applicationProtocols: protocols,
            sessionLimit: sessionLimit)
    }
}

/// `count` bytes that differ from place to place.
func pattern(_ count: Int, seed: Int = 1) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 8) &+ seed) }
}
