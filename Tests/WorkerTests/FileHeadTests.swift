import Randomness
import Bytes
import CoreHarness
import Grpc
import Parquet
import ParquetFixtures
import Reactor
import Testing

@testable import Worker

@Suite("File head")
struct FileHeadTests {
    /// A file in memory that notes what is read of it.
    final class MemoryObject: ObjectSource {
        let bytes: [UInt8]
        private(set) var tailByteCounts: [Int] = []
        private(set) var ranges: [ByteRange] = []

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        func readTail(byteCount: Int) async throws(Status) -> (tail: Slice, objectByteCount: UInt64) {
            tailByteCounts.append(byteCount)
            return (Slice(copying: Array(bytes.suffix(byteCount))), UInt64(bytes.count))
        }

        func read(_ range: ByteRange) async throws(Status) -> Slice {
            ranges.append(range)
            guard range.end <= UInt64(bytes.count) else { throw Status(.internalError, "a read outside the file") }
            return Slice(copying: Array(bytes[Int(range.offset)..<Int(range.end)]))
        }

        func cancel() {}
    }

    private static func file(columnCount: Int) -> [UInt8] {
        let page = FileBuilder.page1(Encoded.int32([1, 2, 3]), valueCount: 3)
        let columns = (0..<columnCount).map {
            FileBuilder.Column(name: "column \($0) " + String(repeating: "x", count: 90))
        }
        return FileBuilder(
            columns: columns, rowGroups: [(3, Array(repeating: [page], count: columnCount))]
        ).bytes()
    }

    private static func head(_ object: MemoryObject, hint: UInt64? = nil) async -> Result<FileHead, Status> {
        do throws(Status) {
            return .success(
                try await FileHead.read("k", from: object, byteCountHint: hint, limits: ScanOptions().limits))
        } catch {
            return .failure(error)
        }
    }

    @Test func oneRequestBringsASmallFooter() async throws {
        try await onCore(.readiness) { _ in
            let object = MemoryObject(Self.file(columnCount: 3))
            let head = try await Self.head(object).get()
            #expect(head.metadata.columns.count == 3)
            #expect(object.tailByteCounts == [64 << 10])
            #expect(object.ranges == [])
            #expect(head.tail.range == ByteRange(offset: 0, count: UInt64(object.bytes.count)))
        }
    }

    @Test func aSecondRequestBringsALargeFooterAndNoMore() async throws {
        try await onCore(.readiness) { _ in
            let bytes = Self.file(columnCount: 1000)
            let footerByteCount = bytes.suffix(8).prefix(4).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            #expect(footerByteCount > 64 << 10)
            let object = MemoryObject(bytes)
            let head = try await Self.head(object).get()
            #expect(head.metadata.columns.count == 1000)
            #expect(
                object.ranges == [
                    ByteRange(offset: UInt64(bytes.count) - 8 - footerByteCount, count: footerByteCount)
                ])
        }
    }

    /// One hundredth of the file, but not too little and not too much, and all of a small one; a wrong size costs at most
    /// a request.
    @Test(
        arguments: [
            (nil, 64 << 10), (0, 64 << 10), (100_000, 100_000), (256 << 10, 256 << 10), (1 << 20, 64 << 10),
            (20 << 20, (20 << 20) / 100), (1 << 40, 2 << 20), (UInt64.max, 2 << 20),
        ] as [(UInt64?, Int)])
    func theGuessFollowsTheHint(_ hint: UInt64?, _ byteCount: Int) async throws {
        try await onCore(.readiness) { _ in
            let object = MemoryObject(Self.file(columnCount: 3))
            let head = try await Self.head(object, hint: hint).get()
            #expect(head.metadata.columns.count == 3)
            #expect(object.tailByteCounts == [byteCount])
        }
    }

    @Test func aFileCutAnywhereIsDamaged() async throws {
        try await onCore(.readiness) { _ in
            let bytes = Self.file(columnCount: 2)
            for count in 0..<bytes.count {
                guard case .failure(let status) = await Self.head(MemoryObject(Array(bytes.prefix(count)))) else {
                    Issue.record("cut at \(count)")
                    continue
                }
                #expect(status.code == .dataLoss, "cut at \(count): \(status)")
            }
        }
    }

    /// Whatever the bytes are, nothing outside the file is asked for.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func damagedFilesAreRefusedOrRead(_ seed: UInt64) async throws {
        try await onCore(.readiness) { _ in
            var random = SeededRandom(seed: seed)
            let original = Self.file(columnCount: 2)
            for _ in 0..<1000 {
                var bytes = original
                for _ in 0...Int.random(in: 0..<3, using: &random) {
                    let place = Int.random(in: 0..<min(400, bytes.count), using: &random)
                    bytes[bytes.count - 1 - place] = UInt8.random(in: 0...255, using: &random)
                }
                let result = await Self.head(MemoryObject(bytes))
                if case .failure(let status) = result {
                    let codes: [StatusCode] = [.dataLoss, .unimplemented, .resourceExhausted]
                    #expect(codes.contains(status.code), "seed \(seed): \(status)")
                    continue
                }
                let metadata = try result.get().metadata
                let ticket = Ticket.seed.setting(["start_byte": "1", "end_byte": "9223372036854775807"])
                let task = try ScanTask(ticket: ticket.bytes)
                let groups = RowGroupSelection.rowGroups(of: task, in: metadata)
                #expect(groups.allSatisfy { metadata.rowGroups.indices.contains($0) })
                let columns = Projection.columns(of: task, in: metadata)
                #expect(columns.allSatisfy { metadata.columns.indices.contains($0) })
            }
        }
    }
}
