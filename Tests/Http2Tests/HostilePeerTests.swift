import Randomness
import Bytes
import Testing

@testable import Http2

@Suite("HTTP/2 server against hostile frames")
struct HostilePeerTests {
    @Test func advertisesItsLimits() throws {
        let raw = try RawServer()
        let settings = try #require(raw.answers.first { $0.type == 4 && $0.flags == 0 })
        var values: [UInt8: UInt32] = [:]
        for offset in stride(from: 0, to: settings.payload.count, by: 6) {
            values[settings.payload[offset + 1]] = settings.payload[offset + 2..<offset + 6]
                .reduce(0) { $0 << 8 | UInt32($1) }
        }
        #expect(values == [3: 256, 4: 65_535, 5: 1 << 20, 6: 16 << 10])
        let window = try #require(raw.answers.first { $0.type == 8 && $0.stream == 0 })
        #expect(window.payload == RawFrame.big((1 << 20) - 65_535))
    }

    @Test func streamsAboveTheLimitAreRefusedNotQueued() throws {
        var settings = ConnectionSettings.server
        settings.maxConcurrentStreams = 2
        let raw = try RawServer(settings)
        for stream in [1, 3, 5, 7] as [UInt32] { try raw.send(RawFrame.headers(stream)) }
        #expect(raw.resets(1) == [])
        #expect(raw.resets(5) == [7])
        #expect(raw.resets(7) == [7])
        #expect(raw.server.openStreamCount == 2)
        #expect(raw.server.statistics.refusedStreamCount == 2)
        // HPACK is still in step and a freed place is taken.
        try raw.send(RawFrame.reset(1) + RawFrame.headers(9))
        let fields = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "w")]
            .map { HeaderField(name: $0.0, value: $0.1) }
        #expect(raw.events.last == .headers(StreamID(rawValue: 9), fields, endsStream: false))
    }

    @Test func rapidResetEndsTheConnection() throws {
        var settings = ConnectionSettings.server
        settings.resetBurst = 10
        let raw = try RawServer(settings)
        var failure: ConnectionError?
        for stream in stride(from: UInt32(1), to: 100, by: 2) where failure == nil {
            failure = raw.failure(sending: RawFrame.headers(stream) + RawFrame.reset(stream))
        }
        #expect(failure?.reason == .tooManyResets)
        #expect(raw.goAwayCode == 0xb)
        #expect(raw.server.isFinished)
        #expect(raw.server.statistics.receivedResetCount == 10)
    }

    @Test func resetsAtTheRefillRateAreFine() throws {
        var settings = ConnectionSettings.server
        settings.resetBurst = 10
        let raw = try RawServer(settings)
        for number in 0..<100 {
            let stream = UInt32(2 * number + 1)
            try raw.send(RawFrame.headers(stream) + RawFrame.reset(stream), at: UInt64(number))
        }
    }

    @Test func provokedResetsEndTheConnection() throws {
        var settings = ConnectionSettings.server
        settings.resetBurst = 10
        let raw = try RawServer(settings)
        let uppercase = RawFrame.requestBlock + RawFrame.literal("Bad", [0x78])
        var failure: ConnectionError?
        for stream in stride(from: UInt32(1), to: 100, by: 2) where failure == nil {
            failure = raw.failure(sending: RawFrame.headers(stream, uppercase))
        }
        #expect(failure?.reason == .tooManyProvokedResets)
        #expect(raw.goAwayCode == 0xb)
    }

    /// Each frame costs work and carries nothing.
    @Test(arguments: [
        RawFrame.ping, RawFrame.frame(type: 4), RawFrame.frame(type: 8, [0, 0, 0, 1]),
        RawFrame.frame(type: 2, stream: 9, [0, 0, 0, 0, 1]), RawFrame.frame(type: 0xfa, [1, 2]),
        RawFrame.frame(type: 0, stream: 1),
    ])
    func controlFrameFloodsEndTheConnection(frame: [UInt8]) throws {
        var settings = ConnectionSettings.server
        settings.controlFrameBurst = 50
        let raw = try RawServer(settings)
        try raw.send(RawFrame.headers(1))
        var failure: ConnectionError?
        for _ in 0..<100 where failure == nil {
            failure = raw.failure(sending: frame)
        }
        #expect(failure?.reason == .tooManyControlFrames)
        #expect(raw.goAwayCode == 0xb)
    }

    @Test func windowUpdatesForWhatWasSentAreEarned() throws {
        var settings = ConnectionSettings.server
        settings.controlFrameBurst = 50
        let raw = try RawServer(settings)
        try raw.send(RawFrame.headers(1, flags: 0x5))
        let stream = StreamID(rawValue: 1)
        raw.server.sendHeaders(stream, response, endsStream: false)
        for _ in 0..<500 {
            raw.server.sendData(stream, [pattern(16_000)])
            raw.collect()
            let update = RawFrame.big(16_000)
            try raw.send(RawFrame.frame(type: 8, stream: 1, update) + RawFrame.frame(type: 8, update))
        }
        #expect(raw.server.queuedByteCount(stream) == 0)
    }

    @Test func acknowledgementsThatNoOneReadsAreBounded() throws {
        let server = Connection(role: .server, settings: .server)
        try server.receive((RawFrame.preface + RawFrame.settings).rawSpan, nowNanoseconds: 0)
        var failure: ConnectionError?
        for _ in 0..<2000 where failure == nil {
            failure = server.failure(receiving: RawFrame.ping)
        }
        #expect(failure?.reason == .acknowledgementsUnread)
    }

    @Test(arguments: [0, 1])
    func continuationFloodEndsTheConnection(fragmentByteCount: Int) throws {
        let raw = try RawServer()
        try raw.send(RawFrame.headers(1, flags: 0))
        #expect(raw.server.isInsideHeaderBlock)
        let fragment = [UInt8](repeating: 0x82, count: fragmentByteCount)
        for _ in 0..<8 { try raw.send(RawFrame.frame(type: 9, stream: 1, fragment)) }
        #expect(raw.failure(sending: RawFrame.frame(type: 9, stream: 1, fragment)) != nil)
        #expect(raw.goAwayCode == 0xb)
    }

    @Test func aLargeHeaderListCostsTheStreamOnly() throws {
        let raw = try RawServer()
        // 126 fields of 1 + 120 + 32 bytes pass 16 KiB and stay below 64 KiB.
        let block =
            RawFrame.requestBlock
            + (0..<115).flatMap { _ in RawFrame.literal("a", [UInt8](repeating: 0x62, count: 120)) }
        try raw.send(RawFrame.headers(1, block))
        #expect(raw.resets(1) == [0xb])
        #expect(raw.announced.isEmpty)
        try raw.send(RawFrame.headers(3))
        #expect(raw.announced.contains(3))
        #expect(raw.server.statistics.oversizedHeaderBlockCount == 1)
    }

    @Test func eightKiBOfMetadataFits() throws {
        let raw = try RawServer()
        let block =
            RawFrame.requestBlock
            + (0..<64).flatMap { _ in RawFrame.literal("a", [UInt8](repeating: 0x62, count: 120)) }
        try raw.send(RawFrame.headers(1, block))
        #expect(raw.resets(1) == [])
    }

    @Test func moreFieldsThanAllowedCostTheStream() throws {
        let raw = try RawServer()
        let block = RawFrame.requestBlock + (0..<125).flatMap { _ in RawFrame.literal("a", []) }
        try raw.send(RawFrame.headers(1, block))
        #expect(raw.resets(1) == [0xb])
    }

    @Test func anHpackBombEndsTheConnection() throws {
        let raw = try RawServer()
        // One 120-byte entry goes into the dynamic table, then one byte each refers to it.
        let entry = [0x40, 0x01, 0x61, 0x78] + [UInt8](repeating: 0x62, count: 120)
        let block = RawFrame.requestBlock + entry + [UInt8](repeating: 0xbe, count: 1000)
        #expect(raw.failure(sending: RawFrame.headers(1, block)) != nil)
        #expect(raw.goAwayCode == 0xb)
    }

    /// RFC 9113 section 8.1.1: each is malformed and costs its stream with PROTOCOL_ERROR.
    @Test(arguments: [
        RawFrame.literal("Upper", [0x78]), RawFrame.literal("connection", Array("close".utf8)),
        RawFrame.literal("te", Array("gzip".utf8)), RawFrame.literal("a", [0x0d, 0x0a]), RawFrame.literal("a", [0x00]),
        RawFrame.literal(":path", Array("/again".utf8)), RawFrame.literal(":unknown", [0x78]),
        RawFrame.literal("content-length", Array("-1".utf8)), RawFrame.literal("a b", [0x78]),
    ])
    func malformedRequestsAreReset(field: [UInt8]) throws {
        let raw = try RawServer()
        try raw.send(RawFrame.headers(1, RawFrame.requestBlock + field))
        #expect(raw.resets(1) == [1])
        #expect(raw.announced.isEmpty)
        try raw.send(RawFrame.headers(3))
        #expect(raw.resets(3) == [])
    }

    @Test func contentLengthMustMatch() throws {
        let raw = try RawServer()
        let block = RawFrame.requestBlock + RawFrame.literal("content-length", Array("5".utf8))
        try raw.send(RawFrame.headers(1, block) + RawFrame.frame(type: 0, flags: 1, stream: 1, [1, 2, 3]))
        #expect(raw.resets(1) == [1])
        #expect(
            raw.events.suffix(2) == [.reset(StreamID(rawValue: 1), .protocolError), .closed(StreamID(rawValue: 1))])
    }

    @Test func dataOfResetStreamsIsCreditedBack() throws {
        let raw = try RawServer()
        let bytes = [UInt8](repeating: 7, count: 16_000)
        for number in 0..<400 {
            let stream = UInt32(2 * number + 1)
            try raw.send(RawFrame.headers(stream))
            raw.server.reset(StreamID(rawValue: Int32(stream)), .cancel)
            raw.collect()
            // Six times the connection window in all: without credit the last ones would be a flow-control error.
            try raw.send(RawFrame.frame(type: 0, flags: 1, stream: stream, bytes))
        }
        #expect(raw.goAwayCode == nil)
        let credited = raw.answers.filter { $0.type == 8 && $0.stream == 0 }.dropFirst()
            .reduce(0) { $0 + $1.payload.reduce(0) { $0 << 8 | Int($1) } }
        #expect(credited > 5 << 20)
    }

    @Test func http1IsRefused() throws {
        let server = Connection(role: .server, settings: .server)
        do throws(ConnectionError) {
            try server.receive(Array("GET / HTTP/1.1\r\n\r\n".utf8).rawSpan, nowNanoseconds: 0)
            Issue.record("accepted")
        } catch {
            #expect(error.reason == .notHTTP2)
        }
        var output: [Slice] = []
        _ = server.collectOutput(into: &output, byteLimit: 1 << 20)
        #expect(server.isFinished)
    }

    /// RFC 9113 sections 4.2, 5.1.1, 6.5, 6.7, 6.9: each ends the connection with its own code.
    @Test(
        arguments: [
            (RawFrame.frame(type: 6, [1, 2]), 6), (RawFrame.frame(type: 4, [1]), 6), (RawFrame.headers(2), 1),
            (RawFrame.frame(type: 8, [0, 0, 0, 0]), 1), (RawFrame.frame(type: 8, [0x7f, 255, 255, 255]), 3),
            (RawFrame.frame(type: 0, stream: 0, [1]), 1), (RawFrame.frame(type: 4, [0, 4, 255, 255, 255, 255]), 3),
            (RawFrame.headers(1, [0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]), 9),
            (RawFrame.frame(type: 5, stream: 1, [0, 0, 0, 2]), 1),
            (RawFrame.frame(type: 9, stream: 1), 1),
        ] as [([UInt8], UInt8)])
    func brokenRulesEndTheConnection(frame: [UInt8], code: UInt8) throws {
        let raw = try RawServer()
        #expect(raw.failure(sending: frame) != nil)
        #expect(raw.goAwayCode == code)
        #expect(raw.server.isFinished)
    }

    /// A true conversation, then the same with a few octets changed, fed to either side.
    @Test(arguments: [Connection.Role.server, .client])
    func damagedConversationsEndInAnErrorOrNot(role: Connection.Role) throws {
        let loop = Loopback()
        loop.isRecording = true
        let streams = (0..<3).map { _ in loop.client.openStream(request, endsStream: false) }
        for stream in streams {
            loop.client.sendData(stream, [pattern(40)])
            loop.client.endStream(stream, trailers: trailers)
        }
        try loop.run()
        for stream in streams {
            loop.server.sendHeaders(stream, response, endsStream: false)
            loop.server.sendData(stream, [pattern(500)])
            loop.server.endStream(stream, trailers: trailers)
        }
        try loop.run()
        let recorded = role == .server ? loop.bytesFromClient : loop.bytesFromServer
        var random = SeededRandom(seed: 7)
        for _ in 0..<1000 {
            var bytes = recorded
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let connection = Connection(role: role, settings: .server)
            if role == .client { for _ in streams { _ = connection.openStream(request, endsStream: true) } }
            var output: [Slice] = []
            _ = connection.collectOutput(into: &output, byteLimit: 1 << 20)
            let failed = connection.failure(receiving: bytes) != nil
            while connection.nextEvent() != nil {}
            output = []
            _ = connection.collectOutput(into: &output, byteLimit: 1 << 20)
            if failed { #expect(connection.isFinished) }
        }
    }

    @Test func arbitraryBytesNeverTrap() throws {
        var random = SeededRandom(seed: 42)
        for _ in 0..<300 {
            guard let raw = try? RawServer() else { continue }
            try? raw.send(RawFrame.headers(1))
            for _ in 0..<20 {
                let length = Int(random.next() % 40)
                let payload = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                let frame = RawFrame.frame(
                    type: UInt8(random.next() % 11), flags: UInt8(truncatingIfNeeded: random.next()),
                    stream: UInt32(random.next() % 5), payload)
                try? raw.send(frame)
            }
        }
    }
}
