import Arrow
import Bytes
import Flight
import Measuring

/// All messages of an answer, as they are handed to HTTP/2: heads and bodies.
struct ReadyStream: Sendable {
    let messages: [[Slice]]

    /// Decodes the files into memory, where the batches stay.
    init(paths: [String], columns: [String]?) throws {
        // As in the worker: large pages, and bodies of a megabyte that begin and end where the decoder put them.
        let pool = BlockPool(idleLimitByteCount: 64 << 20)
        var messages: [[Slice]] = []
        for path in paths {
            let file = ParquetFile(path: path)
            let plan = try file.plan(columns: columns)
            if messages.isEmpty {
                messages.append([FlightData.head(ipcMetadata: MessageEncoder.schema(plan.schema), bodyByteCount: 0)])
            }
            try file.decode(plan, pool: pool) { batch in
                let metadata = MessageEncoder.recordBatch(batch, compression: nil)
                messages.append(
                    [FlightData.head(ipcMetadata: metadata, bodyByteCount: batch.bodyByteCount)] + batch.body)
            }
        }
        self.messages = messages
    }
}
