import Bytes
import COpenSSL
import Testing

@testable import Tls

@Suite("Bytes through TLS")
struct TransferTests {
    static func connected(_ versions: ClosedRange<Int32> = TLS1_2_VERSION...TLS1_3_VERSION) throws -> Loopback {
        let loop = try Loopback(.trusting(), ServerContext(versions: versions))
        try loop.run()
        return loop
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION], [1000, 16 << 10, 1 << 20])
    func muchGoesBothWays(version: Int32, room: Int) throws {
        let loop = try Self.connected(version...version)
        loop.roomByteCount = room
        loop.pieceByteCount = 100_000
        let down = pattern(1_500_000)
        let up = pattern(1_000_000, seed: 9)
        loop.server.send(down)
        try loop.client.send(up)
        try loop.run()
        #expect(loop.plainAtClient == down)
        #expect(loop.plainAtServer == up)
        #expect(loop.client.wantsInput)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func recordsMayBeSplitAnywhere(version: Int32) throws {
        let loop = try Self.connected(version...version)
        var wanted: [UInt8] = []
        var split = 0
        var end = 0
        while split <= end {
            for count in [1, 60, 20] {
                let plain = pattern(count, seed: split + count)
                loop.server.send(plain)
                wanted += plain
            }
            let sealed = loop.server.takeOutput()
            end = sealed.count
            try loop.deliverToClient(Array(sealed[..<split]))
            try loop.deliverToClient(Array(sealed[split...]))
            split += 1
        }
        #expect(end > 120)
        #expect(loop.plainAtClient == wanted)
    }

    @Test(arguments: [1, 2, 3, 5, 50])
    func anySplitAndAnyRoomGiveTheSameBytes(size: Int) throws {
        let loop = try Self.connected()
        let plain = pattern(40_000)
        loop.server.send(plain)
        loop.pieceByteCount = size
        loop.roomByteCount = size * 3 % 7 + 1
        try loop.run()
        #expect(loop.plainAtClient == plain)
    }

    @Test func aFullTargetLeavesTheRest() throws {
        let loop = try Self.connected()
        loop.server.send(pattern(30_000))
        let sealed = loop.server.takeOutput()
        let room = Block.allocate(capacity: 100)
        var none = room.slice(0, count: 0).mutableBytes
        #expect(try loop.client.receive(sealed.rawSpan, into: &none) == TlsSession.Progress(consumed: 0, written: 0))
        #expect(!loop.client.wantsInput)
        var target = room.slice(0, count: 100).mutableBytes
        let progress = try loop.client.receive(sealed.rawSpan, into: &target)
        #expect(progress.written == 100)
        // No more than the record that was begun.
        #expect(progress.consumed < 17_000)
        #expect(!loop.client.wantsInput)
        try loop.deliverToClient(Array(sealed[progress.consumed...]))
        #expect(room.slice(0, count: 100).copiedBytes() + loop.plainAtClient == pattern(30_000))
    }

    @Test func aTargetFilledExactlyWantsInput() throws {
        let loop = try Self.connected()
        loop.server.send(pattern(1000))
        let sealed = loop.server.takeOutput()
        var target = Block.allocate(capacity: 1000).slice(0, count: 1000).mutableBytes
        let progress = try loop.client.receive(sealed.rawSpan, into: &target)
        #expect(progress == TlsSession.Progress(consumed: sealed.count, written: 1000))
        #expect(loop.client.wantsInput)
    }

    @Test func outputMemoryIsUsedAgain() throws {
        let loop = try Self.connected()
        try loop.client.send(pattern(100))
        var first = loop.client.takeOutput()
        let block = first.map { ObjectIdentifier($0.block) }
        #expect(!loop.client.hasOutput)
        try loop.client.send(pattern(100))
        // What was taken and is still held is not written over.
        var second = loop.client.takeOutput()
        let sealed = try #require(first).copiedBytes() + #require(second).copiedBytes()
        #expect(loop.server.receive(sealed) == pattern(100) + pattern(100))
        #expect(first?.offset != second?.offset)
        (first, second) = (nil, nil)
        try loop.client.send(pattern(100))
        let third = loop.client.takeOutput()
        #expect(third.map { ObjectIdentifier($0.block) } == block)
        #expect(third?.offset == 0)
        #expect(loop.client.takeOutput() == nil)
    }

    @Test func ticketsAmongDataAreNoData() throws {
        let loop = try Self.connected(TLS1_3_VERSION...TLS1_3_VERSION)
        for round in 0..<20 {
            loop.server.issueTicket()
            loop.server.send(pattern(5000, seed: round))
        }
        loop.roomByteCount = 1234
        try loop.run()
        #expect(loop.plainAtClient == (0..<20).flatMap { pattern(5000, seed: $0) })
    }

    @Test func keysMayChangeAmongData() throws {
        let loop = try Self.connected(TLS1_3_VERSION...TLS1_3_VERSION)
        for round in 0..<20 {
            loop.server.updateKeys()
            loop.server.send(pattern(5000, seed: round))
            try loop.run()
            try loop.client.send(pattern(3000, seed: round))
            try loop.run()
        }
        #expect(loop.server.failureReason == 0)
        #expect(loop.plainAtClient == (0..<20).flatMap { pattern(5000, seed: $0) })
        #expect(loop.plainAtServer == (0..<20).flatMap { pattern(3000, seed: $0) })
    }

    @Test func renegotiationIsRefused() throws {
        let loop = try Self.connected(TLS1_2_VERSION...TLS1_2_VERSION)
        loop.server.renegotiate()
        try loop.deliverToClient(loop.server.takeOutput())
        loop.deliverToServer()
        #expect(loop.server.failureReason == SSL_R_NO_RENEGOTIATION)
    }
}
