import Arrow
import Bytes
import Measuring
import Samples

/// What does it cost to write the head of a batch message, a column?
func batchHeads(_ scale: Scale) throws -> [Question] {
    try [1, 16, 105].map { columnCount in
        let file = ParquetFile(Slice(copying: wideFile(columnCount: columnCount, rows: scale.count(1000)).bytes()))
        var batches: [RecordBatch] = []
        try file.decode(try file.plan(), pool: BlockPool(idleLimitByteCount: 0)) { batches.append($0) }
        let batch = batches[0]
        let head = MessageEncoder.recordBatch(batch)
        return Question("head of a batch of \(columnCount)", valueCount: columnCount, outputByteCount: head.count) {
            _ = MessageEncoder.recordBatch(batch)
        } check: {
            var fold = Fold()
            MessageEncoder.recordBatch(batch).withUnsafeBytes { fold.add($0) }
            return fold.value
        }
    }
}
