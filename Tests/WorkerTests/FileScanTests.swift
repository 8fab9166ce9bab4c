import Bytes
import CoreHarness
import Grpc
import Parquet
import ParquetFixtures
import Reactor
import S3
import Testing

@testable import Worker

/// How a file is opened whose footer an earlier scan has read.
@Suite("File scan")
struct FileScanTests {
    /// A file of two row groups, too large to be read whole, whose values count from `first`.
    private static func file(first: Int32) -> (bytes: [UInt8], values: [Int32]) {
        let values = Array(first..<first + 80_000)
        let pages = [values.prefix(40_000), values.suffix(40_000)].map {
            FileBuilder.page1(Encoded.int32(Array($0)), valueCount: 40_000)
        }
        let file = FileBuilder(columns: [FileBuilder.Column()], rowGroups: pages.map { (40_000, [[$0]]) })
        return (file.bytes(), values)
    }

    /// A store with one object, which may be replaced.
    private final class Shelf {
        var bytes: [UInt8]
        var tag: String? = "\"v1\""
        /// Answered to everything instead.
        var status: Int?
        /// Happens before the answer.
        var event: ((FakeStore.Request) async -> Void)?
        private(set) var store: FakeStore?

        init(on loop: EventLoop, _ bytes: [UInt8]) throws {
            self.bytes = bytes
            store = try FakeStore(on: loop) { [unowned self] request in .send([await answer(request)]) }
        }

        private func answer(_ request: FakeStore.Request) async -> [UInt8] {
            await event?(request)
            if let status { return FakeStore.head(status, ["Content-Length: 0"]) }
            if let wanted = request.field("if-match"), wanted != tag {
                return FakeStore.head(412, ["Content-Length: 0"])
            }
            guard let tag else { return FakeStore.part(request, of: bytes, tag: "W/\"weak\"") }
            return FakeStore.part(request, of: bytes, tag: tag)
        }

        func replace(_ bytes: [UInt8], tag: String) {
            (self.bytes, self.tag) = (bytes, tag)
        }

        /// The ranges asked for since the last call, and with which tag.
        func takeRequests() -> [(range: String?, tag: String?)] {
            defer { seen = store?.requests.count ?? 0 }
            return (store?.requests.dropFirst(seen) ?? []).map { ($0.field("range"), $0.field("if-match")) }
        }

        private var seen = 0

        func ticket(byteCount: Int? = nil, _ values: [String: String] = [:]) -> Ticket {
            Ticket.seed.setting([
                "data_file_paths": #"["s3://lake/k"]"#, "projected_columns": "[]",
                "s3_endpoint": "\"http://127.0.0.1:\(store?.port ?? 0)\"",
                "file_sizes_bytes": "[\(byteCount ?? bytes.count)]",
            ]).setting(values)
        }
    }

    private static func onBench(
        footerCacheByteCount: Int = 1 << 20,
        _ body: @escaping @Sendable (ScanBench, Shelf, [Int32]) async throws -> Void
    ) async throws {
        try await onCore(.readiness) { loop, actor in
            let (bytes, values) = file(first: 0)
            let shelf = try Shelf(on: loop, bytes)
            let bench = try ScanBench(on: actor, loop, footerCacheByteCount: footerCacheByteCount)
            try await body(bench, shelf, values)
            // What was given up on the way is given back.
            await loop.sleep(nanoseconds: 1_000_000)
            #expect(bench.core.budget.committedByteCount == 0)
            #expect(bench.core.pool.lentByteCount == 0)
            shelf.store?.close()
        }
    }

    private static func failure(_ bench: ScanBench, _ ticket: Ticket) async throws -> StatusCode? {
        do {
            _ = try await bench.scan(ticket)
            return nil
        } catch let status as Status {
            return status.code
        }
    }

    @Test func aKnownFooterIsNotReadAgainAndPinsItsVersion() async throws {
        try await Self.onBench { bench, shelf, values async throws in
            #expect(try await bench.scan(shelf.ticket()) == values)
            #expect(shelf.takeRequests().first?.range?.hasPrefix("bytes=-") == true)
            #expect(try await bench.scan(shelf.ticket()) == values)
            let requests = shelf.takeRequests()
            #expect(requests.count == 2)
            #expect(requests.allSatisfy { $0.tag == "\"v1\"" && $0.range?.hasPrefix("bytes=-") == false })
            #expect(bench.metrics.footerCacheHits.current == 1)
            #expect(bench.metrics.footerCacheMisses.current == 1)
        }
    }

    @Test func aReplacedFileIsReadAfreshOnce() async throws {
        try await Self.onBench { bench, shelf, _ async throws in
            _ = try await bench.scan(shelf.ticket())
            let (bytes, values) = Self.file(first: 1 << 20)
            shelf.replace(bytes, tag: "\"v2\"")
            _ = shelf.takeRequests()
            #expect(try await bench.scan(shelf.ticket()) == values)
            let requests = shelf.takeRequests()
            #expect(requests.first?.tag == "\"v1\"")
            #expect(requests.count { $0.range?.hasPrefix("bytes=-") == true } == 1)
            #expect(requests.last?.tag == "\"v2\"")
            #expect(bench.metrics.footerCacheChanges.current == 1)
            // What was read afresh is known from then on.
            #expect(try await bench.scan(shelf.ticket()) == values)
            #expect(shelf.takeRequests().count == 2)
        }
    }

    @Test func aFileThatChangesAgainAbortsTheScan() async throws {
        try await Self.onBench { bench, shelf, _ async throws in
            _ = try await bench.scan(shelf.ticket())
            let (bytes, _) = Self.file(first: 1 << 20)
            shelf.replace(bytes, tag: "\"v2\"")
            var hasSentTail = false
            shelf.event = { request in
                if hasSentTail { shelf.tag = "\"v3\"" }
                hasSentTail = hasSentTail || request.range == nil
            }
            #expect(try await Self.failure(bench, shelf.ticket()) == .aborted)
            #expect(shelf.takeRequests().count { $0.range?.hasPrefix("bytes=-") == true } == 2)
        }
    }

    /// Nothing is opened afresh once the store has given bytes of the known version.
    @Test func aChangeAfterTheFirstAnswerAbortsTheScan() async throws {
        try await Self.onBench { bench, shelf, _ async throws in
            _ = try await bench.scan(shelf.ticket())
            _ = shelf.takeRequests()
            let (bytes, _) = Self.file(first: 1 << 20)
            shelf.event = { request in
                guard let range = request.range, range.lowerBound > 100_000 else { return }
                await bench.core.loop.sleep(nanoseconds: 20_000_000)
                shelf.replace(bytes, tag: "\"v2\"")
            }
            #expect(try await Self.failure(bench, shelf.ticket()) == .aborted)
            #expect(shelf.takeRequests().map(\.tag) == ["\"v1\"", "\"v1\""])
            #expect(bench.metrics.footerCacheChanges.current == 0)
            // The next scan finds out.
            shelf.event = nil
            #expect(try await Self.failure(bench, shelf.ticket()) == nil)
            #expect(bench.metrics.footerCacheChanges.current == 1)
        }
    }

    @Test func otherKeysFindNothing() async throws {
        try await Self.onBench { bench, shelf, values async throws in
            _ = try await bench.scan(shelf.ticket())
            for other in [["s3_access_key": #""AKIDOTHER""#], ["s3_session_token": #""other""#]] {
                _ = shelf.takeRequests()
                #expect(try await bench.scan(shelf.ticket(other)) == values)
                #expect(shelf.takeRequests().first?.range?.hasPrefix("bytes=-") == true)
            }
            #expect(bench.metrics.footerCacheHits.current == 0)
        }
    }

    @Test func withoutAStrongTagOrTheRightSizeNothingIsKept() async throws {
        try await Self.onBench { bench, shelf, values async throws in
            let tickets = [
                shelf.ticket(byteCount: shelf.bytes.count - 1), shelf.ticket(["file_sizes_bytes": "[]"]),
            ]
            for ticket in tickets + tickets { #expect(try await bench.scan(ticket) == values) }
            #expect(bench.metrics.footerCacheBytes.current == 0)
            shelf.tag = nil
            for _ in 0..<2 { #expect(try await bench.scan(shelf.ticket()) == values) }
            #expect(bench.metrics.footerCacheBytes.current == 0)
            #expect(bench.metrics.footerCacheHits.current == 0)
        }
    }

    @Test func withoutACacheEveryScanReadsTheFooter() async throws {
        try await Self.onBench(footerCacheByteCount: 0) { bench, shelf, values async throws in
            for _ in 0..<2 {
                #expect(try await bench.scan(shelf.ticket()) == values)
                #expect(shelf.takeRequests().first?.range?.hasPrefix("bytes=-") == true)
            }
        }
    }

    /// A scan without pages asks the store all the same, whether the file is there, the same and may be read.
    @Test func anEmptySelectionOfAKnownFileIsAskedFor() async throws {
        try await Self.onBench { bench, shelf, _ async throws in
            _ = try await bench.scan(shelf.ticket())
            _ = shelf.takeRequests()
            let none = shelf.ticket(["start_byte": "1", "end_byte": "2"])
            #expect(try await bench.scan(none) == [])
            let last = shelf.bytes.count - 1
            #expect(shelf.takeRequests().map(\.range) == ["bytes=\(last)-\(last)"])
            let (bytes, _) = Self.file(first: 1 << 20)
            shelf.replace(bytes, tag: "\"v2\"")
            #expect(try await bench.scan(none) == [])
            #expect(shelf.takeRequests().map(\.tag) == ["\"v1\"", nil])
            #expect(bench.metrics.footerCacheChanges.current == 1)
        }
    }

    @Test func aRefusalOfAKnownFileIsTheStores() async throws {
        try await Self.onBench { bench, shelf, values async throws in
            _ = try await bench.scan(shelf.ticket())
            shelf.status = 403
            #expect(try await Self.failure(bench, shelf.ticket()) == .permissionDenied)
            #expect(
                try await Self.failure(bench, shelf.ticket(["start_byte": "1", "end_byte": "2"])) == .permissionDenied)
            shelf.status = nil
            #expect(try await bench.scan(shelf.ticket()) == values)
        }
    }
}
