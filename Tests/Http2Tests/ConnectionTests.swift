import Bytes
import Testing

@testable import Http2

@Suite("HTTP/2 connection, both sides in memory")
struct ConnectionTests {
    /// The one stream of a fresh loopback, with the request answered by a header block.
    static func answered(_ loop: Loopback) throws -> StreamID {
        let stream = loop.client.openStream(request, endsStream: true)
        try loop.run()
        loop.server.sendHeaders(stream, response, endsStream: false)
        return stream
    }

    @Test func carriesHeadersBodyAndTrailers() throws {
        let loop = Loopback()
        let stream = loop.client.openStream(request, endsStream: false)
        loop.client.sendData(stream, [Slice(copying: Array("ticket".utf8))])
        loop.client.endStream(stream, trailers: nil)
        try loop.run()
        #expect(loop.serverEvents.contains(.headers(stream, request, endsStream: false)))
        #expect(loop.serverEvents.contains(.data(stream, Array("ticket".utf8), endsStream: true)))
        #expect(loop.serverEvents.contains(.settingsAcknowledged))
        #expect(loop.server.hasPeerSettings)

        loop.server.sendHeaders(stream, response, endsStream: false)
        loop.server.sendData(stream, [Slice(copying: Array("rows".utf8))])
        loop.server.endStream(stream, trailers: trailers)
        try loop.run()
        let expected: [Event] = [
            .settingsAcknowledged, .headers(stream, response, endsStream: false),
            .data(stream, Array("rows".utf8), endsStream: false), .trailers(stream, trailers), .closed(stream),
        ]
        #expect(loop.clientEvents == expected)
        #expect(loop.serverEvents.last == .closed(stream))
        #expect(loop.server.openStreamCount == 0)
        #expect(loop.client.openStreamCount == 0)
    }

    @Test func payloadLeavesAsTheVeryBlocksThatCameIn() throws {
        let loop = Loopback()
        let stream = try Self.answered(loop)
        let bodies = [pattern(300_000), pattern(70_001, seed: 2), pattern(5, seed: 3)]
        loop.server.sendData(stream, bodies)
        #expect(loop.server.queuedByteCount(stream) == 370_006)
        loop.server.endStream(stream, trailers: trailers)
        try loop.run()
        #expect(loop.body(stream) == bodies.flatMap { $0.copiedBytes() })
        for body in bodies {
            let sent = loop.serverSlices.filter { $0.block === body.block }
            #expect(sent.reduce(0) { $0 + $1.count } == body.count)
        }
        #expect(loop.server.queuedByteCount(stream) == 0)
        #expect(loop.server.statistics.payloadBytesCopied == 0)
        #expect(loop.server.statistics.sentDataByteCount == 370_006)
    }

    @Test func framesGrowToThePeersLimit() throws {
        var large = ConnectionSettings.client
        large.maxFrameSize = 1 << 20
        let loop = Loopback(client: large)
        let stream = try Self.answered(loop)
        loop.server.sendData(stream, [pattern(900_000)])
        try loop.run()
        #expect(loop.server.statistics.sentDataFrameCount == 1)

        var small = ConnectionSettings.client
        small.maxFrameSize = 16 << 10
        let narrow = Loopback(client: small)
        let other = try Self.answered(narrow)
        narrow.server.sendData(other, [pattern(900_000)])
        try narrow.run()
        #expect(narrow.server.statistics.sentDataFrameCount == 55)
        #expect(narrow.body(other).count == 900_000)
    }

    @Test(arguments: [1, 7, 100, 16_384, 20_000])
    func outputStopsAtTheLimitAndGoesOn(limit: Int) throws {
        let loop = Loopback()
        let stream = try Self.answered(loop)
        let body = pattern(60_000)
        loop.server.sendData(stream, [body])
        loop.server.endStream(stream, trailers: trailers)
        var first: [Slice] = []
        let added = loop.server.collectOutput(into: &first, byteLimit: limit)
        // The response head is a control frame; a DATA head may stand before the last allowed byte.
        #expect(added <= limit + 64)
        try loop.client.receive(slices: first)
        loop.byteLimit = limit
        try loop.run()
        #expect(loop.body(stream) == body.copiedBytes())
        #expect(loop.clientEvents.last == .closed(stream))
    }

    @Test func tinyWindowsAndManyStreamsKeepEveryByte() throws {
        var settings = ConnectionSettings.client
        settings.initialStreamWindow = 100
        settings.connectionWindow = 65_535
        settings.maxFrameSize = 16 << 10
        let loop = Loopback(client: settings)
        let streams = (0..<40).map { _ in loop.client.openStream(request, endsStream: true) }
        try loop.run()
        for (number, stream) in streams.enumerated() {
            loop.server.sendHeaders(stream, response, endsStream: false)
            loop.server.sendData(stream, [pattern(1000 + number, seed: UInt8(number)), pattern(777)])
            loop.server.endStream(stream, trailers: trailers)
        }
        try loop.run()
        for (number, stream) in streams.enumerated() {
            let expected = pattern(1000 + number, seed: UInt8(number)).copiedBytes() + pattern(777).copiedBytes()
            #expect(loop.body(stream) == expected)
        }
        #expect(loop.server.openStreamCount == 0)
    }

    @Test func streamsShareTheConnectionFairly() throws {
        var settings = ConnectionSettings.client
        settings.maxFrameSize = 16 << 10
        let loop = Loopback(client: settings)
        let streams = (0..<4).map { _ in loop.client.openStream(request, endsStream: true) }
        try loop.run()
        for stream in streams {
            loop.server.sendHeaders(stream, response, endsStream: false)
            loop.server.sendData(stream, [pattern(1 << 20)])
        }
        loop.byteLimit = 256 << 10
        _ = try loop.move(from: loop.server, to: loop.client)
        for stream in streams { #expect(loop.body(stream).count >= 32 << 10) }
    }

    @Test(arguments: [1, 2, 9, 13, 1000])
    func anySplitGivesTheSameEvents(pieceByteCount: Int) throws {
        func events(_ piece: Int?) throws -> [Event] {
            let loop = Loopback()
            loop.pieceByteCount = piece
            let stream = loop.client.openStream(request, endsStream: false)
            loop.client.sendData(stream, [pattern(3000)])
            loop.client.endStream(stream, trailers: trailers)
            try loop.run()
            return joined(loop.serverEvents)
        }
        #expect(try events(pieceByteCount) == events(nil))
    }

    @Test func drainedComesOnceWhenTheMarkIsPassed() throws {
        var settings = ConnectionSettings.server
        settings.lowWaterByteCount = 10_000
        let loop = Loopback(server: settings)
        let stream = try Self.answered(loop)
        loop.server.sendData(stream, [pattern(9_000)])
        try loop.run()
        #expect(!loop.serverEvents.contains(.drained(stream)))
        loop.server.sendData(stream, [pattern(30_000)])
        try loop.run()
        #expect(loop.serverEvents.filter { $0 == .drained(stream) }.count == 1)
    }

    @Test func aResetStreamIsSilentAndHarmless() throws {
        let loop = Loopback()
        let stream = try Self.answered(loop)
        let other = loop.client.openStream(request, endsStream: true)
        try loop.run()
        loop.server.sendData(stream, [pattern(100_000)])
        loop.client.reset(stream, .cancel)
        _ = try loop.move(from: loop.client, to: loop.server)
        #expect(loop.serverEvents.suffix(2) == [.reset(stream, .cancel), .closed(stream)])
        // These crossed on the wire.
        loop.server.sendData(stream, [pattern(10)])
        loop.server.endStream(stream, trailers: trailers)
        loop.server.reset(stream, .internalError)
        #expect(loop.server.queuedByteCount(stream) == 0)

        loop.server.sendHeaders(other, response, endsStream: false)
        loop.server.sendData(other, [pattern(10)])
        loop.server.endStream(other, trailers: trailers)
        try loop.run()
        #expect(loop.body(other) == pattern(10).copiedBytes())
        #expect(!loop.clientEvents.contains(.reset(stream, .cancel)))
    }

    @Test func aServerResetReachesTheClient() throws {
        let loop = Loopback()
        let stream = try Self.answered(loop)
        loop.server.sendData(stream, [pattern(1 << 20)])
        loop.server.reset(stream, .internalError)
        try loop.run()
        #expect(loop.clientEvents.suffix(2) == [.reset(stream, .internalError), .closed(stream)])
        #expect(loop.serverEvents.last == .closed(stream))
        #expect(loop.server.statistics.provokedResetCount == 0)
    }

    @Test func trailersOnlyResponseEndsTheStream() throws {
        let loop = Loopback()
        let stream = loop.client.openStream(request, endsStream: false)
        try loop.run()
        loop.server.sendHeaders(stream, response + trailers, endsStream: true)
        try loop.run()
        #expect(loop.clientEvents.contains(.headers(stream, response + trailers, endsStream: true)))
        // The request was not at its end: the server need not hear the rest.
        #expect(loop.server.openStreamCount == 0)
        #expect(loop.client.openStreamCount == 0)
    }

    @Test func trailersAfterAnEmptyQueueNeedNoDataFrame() throws {
        let loop = Loopback()
        let stream = try Self.answered(loop)
        try loop.run()
        loop.server.endStream(stream, trailers: trailers)
        try loop.run()
        #expect(loop.clientEvents.suffix(2) == [.trailers(stream, trailers), .closed(stream)])
        #expect(loop.server.statistics.sentDataFrameCount == 0)
    }

    @Test func gracefulGoAwayLetsRunningStreamsFinish() throws {
        let loop = Loopback()
        let stream = try Self.answered(loop)
        loop.server.goAway(.noError)
        try loop.run()
        #expect(loop.clientEvents.filter { $0 == .goAway(.noError) }.count == 2)
        #expect(!loop.serverEvents.contains(.pingAcknowledged))
        #expect(!loop.server.isFinished)
        let late = loop.client.openStream(request, endsStream: true)
        try loop.run()
        #expect(loop.clientEvents.suffix(2) == [.reset(late, .refusedStream), .closed(late)])
        loop.server.endStream(stream, trailers: trailers)
        try loop.run()
        #expect(loop.clientEvents.contains(.trailers(stream, trailers)))
        #expect(loop.server.isFinished)
        #expect(loop.client.isFinished)
    }

    @Test func pingIsAnswered() throws {
        let loop = Loopback()
        loop.client.ping()
        try loop.run()
        #expect(loop.clientEvents.contains(.pingAcknowledged))
    }

    @Test func unreadBodyHoldsTheWindowShut() throws {
        let loop = Loopback()
        let stream = loop.client.openStream(request, endsStream: false)
        loop.client.sendData(stream, [pattern(200_000)])
        // The server's events are not taken.
        for _ in 0..<5 {
            var output: [Slice] = []
            _ = loop.client.collectOutput(into: &output, byteLimit: 1 << 20)
            try loop.server.receive(slices: output)
            output = []
            _ = loop.server.collectOutput(into: &output, byteLimit: 1 << 20)
            try loop.client.receive(slices: output)
        }
        #expect(loop.client.queuedByteCount(stream) == 200_000 - 65_535)
        loop.takeEvents()
        try loop.run()
        #expect(loop.client.queuedByteCount(stream) == 0)
    }

    /// Neighbouring pieces of one body made one.
    private func joined(_ events: [Event]) -> [Event] {
        var result: [Event] = []
        for event in events {
            if case .data(let stream, let bytes, let ends) = event, case .data(let last, let before, _) = result.last,
                last == stream
            {
                result[result.count - 1] = .data(stream, before + bytes, endsStream: ends)
            } else {
                result.append(event)
            }
        }
        return result
    }
}
