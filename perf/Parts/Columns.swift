import Bytes
import Measuring
import Samples

/// What does a value cost from the pages of a file to the body of a batch? Each encoding, nulls, lists and codecs.
func columns(_ scale: Scale) throws -> [Question] {
    let rows = scale.count(64 << 10)
    let pool = BlockPool(idleLimitByteCount: 64 << 20)
    return try Sample.all.map { sample in
        let file = ParquetFile(Slice(copying: sample.file(rows: rows, pages: 4).bytes()))
        let plan = try file.plan()
        var byteCount = 0
        try file.decode(plan, pool: pool) { byteCount += $0.bodyByteCount }
        return Question(
            "column: \(sample.name)", valueCount: rows * sample.valuesPerRow, outputByteCount: byteCount
        ) {
            try? file.decode(plan, pool: pool) { _ in }
        } check: {
            var fold = Fold()
            try? file.decode(plan, pool: pool) { fold.add($0) }
            return fold.value
        }
    }
}
