import Bytes
import ParquetFixtures
import Testing

@testable import Parquet

/// Much out of little: a page makes exactly as many bytes as its header says, and that many are allowed.
@Suite("Decompression bombs")
struct DecompressionBombTests {
    private static let codecs: [Int32] = [1, 2, 4, 5, 6, 7]

    private func failure(
        _ codec: Int32, stored: [UInt8], claimed: Int32, limit: Int = 1 << 20
    ) -> (error: ParquetError?, largestByteCount: Int) {
        let header = ThriftWriter.structure { writer in
            writer.int32(1, 0)
            writer.int32(2, claimed)
            writer.int32(3, Int32(stored.count))
            writer.structure(5) {
                $0.int32(1, 1)
                $0.int32(2, 0)
            }
        }
        let page = FileBuilder.Page(bytes: header + stored, valueCount: 1)
        let file = FileBuilder(columns: [.init(codec: codec)], rowGroups: [(1, [[page]])]).bytes()
        let pool = BlockPool(idleLimitByteCount: 0)
        do throws(ParquetError) {
            let metadata = try ScanDriver().metadata(file)
            var options = ScanOptions()
            options.limits.pageByteCount = limit
            let plan = try ScanPlan(metadata: metadata, columns: [0], rowGroups: [0], options: options)
            let scan = Scan(plan: plan, pool: pool)
            while true {
                switch try scan.step() {
                case .needs(let part):
                    let range = plan.parts[part]
                    scan.supply(part: part, bytes: Slice(copying: Array(file[Int(range.offset)..<Int(range.end)])))
                case .working, .produced: continue
                case .finished: return (nil, pool.largestLentByteCount)
                }
            }
        } catch { return (error, pool.largestLentByteCount) }
    }

    /// Sixteen mebibytes of zeros, as far as the page says, of a body that is good for a few.
    @Test(arguments: codecs)
    func aLargeClaimIsRefusedBeforeMemoryIsSpent(_ codec: Int32) {
        let (error, byteCount) = failure(codec, stored: Encoded.stored([1, 0, 0, 0], codec: codec), claimed: 16 << 20)
        guard case .tooLarge("a page of 16777216 bytes", _) = error else {
            Issue.record("not refused as too large")
            return
        }
        #expect(byteCount < 1 << 18)
    }

    @Test(arguments: codecs)
    func aClaimWithinTheLimitIsComparedWithWhatComes(_ codec: Int32) {
        for claimed: Int32 in [0, 3, 5, 1 << 20] {
            let (error, byteCount) = failure(
                codec, stored: Encoded.stored([1, 0, 0, 0], codec: codec), claimed: claimed)
            guard case .malformed = error else {
                Issue.record("\(claimed) bytes are not refused")
                continue
            }
            #expect(byteCount < 2 << 20)
        }
        #expect(failure(codec, stored: Encoded.stored([1, 0, 0, 0], codec: codec), claimed: 4).error == nil)
    }

    @Test func aHighRatioIsFineWithinTheLimit() throws {
        // An LZ4 block: one zero, then itself again 255 bytes at a time, then five literals.
        let count = 100_000
        var rest = count - 1 - 5 - 4 - 15
        var block: [UInt8] = [0x1f, 0, 1, 0]
        while rest >= 255 {
            block.append(255)
            rest -= 255
        }
        block += [UInt8(rest), 0x50, 0, 0, 0, 0, 0]
        var decompressor = Decompressor()
        let target = Slice(copying: [UInt8](repeating: 7, count: count))
        try decompressor.decompress(Slice(copying: block), codec: .lz4Raw, into: target)
        #expect(target.copiedBytes().allSatisfy { $0 == 0 })
        #expect(failure(7, stored: block, claimed: Int32(count)).error == nil)
        for claimed in [count - 1, count + 1] {
            guard case .malformed = failure(7, stored: block, claimed: Int32(claimed)).error else {
                Issue.record("\(claimed) bytes are not refused")
                continue
            }
        }
    }
}
