import Arrow
import Bytes
import Flight
import Grpc
import Logging
import Parquet
import Reactor
import S3

/// One `DoGet`, ticket to last batch.
///
/// Straight-line code on the call's home core: open a file, plan it, feed the decoder, send what it makes. It suspends for
/// parts that are not there yet and for a client that does not read, and lets the loop run between decode steps.
final class Query {
    private let core: Core
    private let call: Call
    private let task: ScanTask
    private let opener: ObjectOpener
    private let compressor: BodyCompressor?
    private var current: PartFetcher?
    private var currentSource: (any ObjectSource)?
    private var schema: Schema?
    private var rowCount = 0
    private var fileByteCount = 0

    init(core: Core, call: Call, task: ScanTask) {
        self.core = core
        self.call = call
        self.task = task
        opener = ObjectOpener(core: core, task: task)
        compressor = core.configuration.bodyCompression.map { BodyCompressor(codec: $0, pool: core.pool) }
    }

    /// Runs the scan; the caller ends the call.
    func run() async throws(Status) {
        let start = core.loop.now()
        core.log.debug(
            "scan started", metadata: ["fragment_id": "\(task.fragmentID)", "file_count": "\(task.files.count)"])
        call.onCancel = { [self] in cancel() }
        defer { call.onCancel = nil }
        // Setting up ends with the first message; from there on only the client's own deadline counts.
        let setup = core.configuration.scanTimeoutNanoseconds.map { limit in
            core.loop.schedule(at: start + limit) { [self] in
                guard !call.hasSentMessage else { return }
                call.abort(
                    Status(
                        .deadlineExceeded,
                        "Scan task \(task.fragmentID) setup timed out after \(limit / 1_000_000_000)s"))
            }
        }
        defer { if let setup { core.loop.cancel(setup) } }
        do throws(Status) {
            try await scan()
        } catch {
            core.metrics.scansFailed.add()
            core.log.info(
                "scan failed",
                metadata: [
                    "fragment_id": "\(task.fragmentID)", "code": "\(error.code)", "reason": "\(error.message)",
                ])
            throw error
        }
        let seconds = Double(core.loop.now() - start) / 1e9
        core.metrics.scansCompleted.add()
        core.metrics.rowsScanned.add(rowCount)
        core.metrics.fileBytesRead.add(fileByteCount)
        core.metrics.fragmentDuration.observe(seconds)
        core.log.info(
            "scan completed",
            metadata: [
                "fragment_id": "\(task.fragmentID)", "total_rows": "\(rowCount)", "total_bytes": "\(fileByteCount)",
                "elapsed_ms": "\(Int(seconds * 1000))",
            ])
    }

    private func cancel() {
        current?.cancel()
        currentSource?.cancel()
    }

    private func scan() async throws(Status) {
        guard !task.files.isEmpty else { throw Status.scanFailure(.invalidArgument, "ScanTask has no data files") }
        for index in task.files.indices {
            try await scanFile(index)
            if let limit = task.limit, UInt64(rowCount) >= limit { return }
        }
    }

    private func scanFile(_ index: Int) async throws(Status) {
        let source = try await opener.open(task.files[index])
        currentSource = source
        defer { currentSource = nil }
        let file = try await FileHead.read(
            task.files[index].name, from: source, byteCountHint: task.fileByteCounts[index],
            limits: core.configuration.parquetLimits)
        fileByteCount += Int(clamping: file.metadata.objectByteCount)
        let plan: ScanPlan
        do throws(ParquetError) {
            plan = try ScanPlan(
                metadata: file.metadata, columns: Projection.columns(of: task, in: file.metadata),
                rowGroups: RowGroupSelection.rowGroups(of: task, in: file.metadata),
                options: core.configuration.scanOptions)
        } catch {
            throw Status(parquetError: error, file: task.files[index].name)
        }
        try await announce(plan.schema, of: task.files[index])
        let fetcher = PartFetcher(
            loop: core.loop, source: TailedSource(tail: file.tail, behind: source), ranges: plan.parts,
            readAhead: core.configuration.readAhead)
        current = fetcher
        defer {
            fetcher.cancel()
            current = nil
        }
        try await decode(Scan(plan: plan, pool: core.pool), fetcher, of: task.files[index])
    }

    /// Sends the schema of the first file; those of later files must be the same.
    private func announce(_ schema: Schema, of file: ScanTask.DataFile) async throws(Status) {
        guard let announced = self.schema else {
            self.schema = schema
            return try await call.send([
                FlightData.head(ipcMetadata: MessageEncoder.schema(schema), bodyByteCount: 0)
            ])
        }
        let matches = announced.fields.elementsEqual(schema.fields) { first, later in
            first.name == later.name && first.type == later.type && (first.isNullable || !later.isNullable)
        }
        guard matches else {
            throw Status.scanFailure(.unimplemented, "the schema of \(file.name) differs from the first file's")
        }
    }

    private func decode(_ scan: Scan, _ fetcher: PartFetcher, of file: ScanTask.DataFile) async throws(Status) {
        fetcher.advance(releasedByteCount: 0)
        while true {
            guard !call.isOver else { throw Status(.cancelled, "the call is over") }
            let step: ScanStep
            do throws(ParquetError) {
                step = try scan.step()
            } catch {
                throw Status(parquetError: error, file: file.name)
            }
            switch step {
            case .needs(let part):
                let bytes = try await fetcher.part(part, releasedByteCount: scan.releasedByteCount)
                scan.supply(part: part, bytes: bytes)
            case .working:
                fetcher.advance(releasedByteCount: scan.releasedByteCount)
                await core.loop.yieldIfDue()
            case .produced(let batch):
                try await send(batch)
                if let limit = task.limit, UInt64(rowCount) >= limit { return }
                await core.loop.yieldIfDue()
            case .finished:
                return
            }
        }
    }

    private func send(_ batch: RecordBatch) async throws(Status) {
        let batch = compressor?.compress(batch) ?? batch
        let compression = core.configuration.bodyCompression
        for dictionary in batch.dictionaries {
            try await send(
                MessageEncoder.dictionaryBatch(dictionary, compression: compression), body: dictionary.values)
        }
        rowCount += batch.rowCount
        core.metrics.batchesSent.add()
        try await send(MessageEncoder.recordBatch(batch, compression: compression), body: batch)
    }

    private func send(_ ipcMetadata: [UInt8], body batch: RecordBatch) async throws(Status) {
        let head = FlightData.head(ipcMetadata: ipcMetadata, bodyByteCount: batch.bodyByteCount)
        core.metrics.bodyBytesSent.add(batch.bodyByteCount)
        for slice in batch.body { slice.block.isMessageBody = true }
        try await call.send([head] + batch.body)
    }
}

extension ScanTask.DataFile {
    /// What messages call the file.
    var name: String {
        switch self {
        case .object(let location): location.description
        case .local(let path): "file:///\(path)"
        }
    }
}
