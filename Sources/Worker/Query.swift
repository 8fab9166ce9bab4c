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
/// Straight-line code on the call's home core: open the files, plan them, decode and send in their order. It suspends for
/// what is not there yet and for a client that does not read, and lets the loop run between decode steps. Meanwhile the
/// files that come next are opened and fetched, and idle cores decode some of the columns.
final class Query {
    /// Files that are open at once.
    private static let openFileLimit = 4

    private let core: Core
    private let call: Call
    private let task: ScanTask
    private let memory: QueryMemory
    private let keys: FragmentKeys
    private let signal: ScanSignal
    private let context: FileScan.Context
    private let compressor: BodyCompressor?
    /// Those under way, in order; the first is the one that is decoded.
    private var files: [FileScan] = []
    private var nextFile = 0
    private var schema: Schema?
    private var rowCount = 0
    private var fileByteCount = 0

    init(core: Core, call: Call, task: ScanTask) {
        self.core = core
        self.call = call
        self.task = task
        memory = QueryMemory(core: core)
        keys = FragmentKeys(task.store.credentials)
        signal = ScanSignal(home: core.loop.executor)
        context = FileScan.Context(
            core: core, task: task,
            opener: ObjectOpener(core: core, store: task.store, keys: keys, memory: memory.fetchPool),
            memory: memory, window: ReadAheadWindow(core.configuration.readAhead, now: core.loop.now()), signal: signal)
        compressor = core.configuration.bodyCompression.map { BodyCompressor(codec: $0, pool: core.pool) }
    }

    /// Runs the scan; the caller ends the call.
    func run() async throws(Status) {
        let start = core.loop.now()
        core.log.debug(
            .scanStarted, now: start, ["fragment_id": "\(task.fragmentID)", "file_count": "\(task.files.count)"])
        call.onCancel = { [self] in close() }
        core.fragments.register(keys, as: task.fragmentID)
        defer {
            core.fragments.unregister(keys, as: task.fragmentID)
            call.onCancel = nil
            close()
        }
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
                .scanFailed, now: core.loop.now(),
                [
                    "fragment_id": "\(task.fragmentID)", "code": "\(error.code)", "reason": "\(error.message)",
                ])
            throw error
        }
        let end = core.loop.now()
        let seconds = Double(end - start) / 1e9
        core.metrics.scansCompleted.add()
        core.metrics.rowsScanned.add(rowCount)
        core.metrics.fileBytesRead.add(fileByteCount)
        core.metrics.fragmentDuration.observe(seconds)
        core.log.info(
            .scanCompleted, now: end,
            [
                "fragment_id": "\(task.fragmentID)", "total_rows": "\(rowCount)", "total_bytes": "\(fileByteCount)",
                "elapsed_ms": "\(Int(seconds * 1000))",
            ])
    }

    private func close() {
        for file in files { file.close() }
        memory.close()
        signal.signal()
    }

    private func scan() async throws(Status) {
        guard !task.files.isEmpty else { throw Status.scanFailure(.invalidArgument, "ScanTask has no data files") }
        while true {
            openAhead()
            guard let file = files.first else { return }
            try await scan(file)
            file.close()
            files.removeFirst()
            if isSatisfied { return }
        }
    }

    /// Whether the client wants no more rows.
    private var isSatisfied: Bool { task.limit.map { UInt64(rowCount) >= $0 } ?? false }

    /// Opens the next file once everything before it is being fetched.
    private func openAhead() {
        while nextFile < task.files.count, files.count < Self.openFileLimit, files.last?.isFetched ?? true {
            let file = FileScan(nextFile, context)
            nextFile += 1
            files.append(file)
            file.start()
        }
    }

    private func scan(_ file: FileScan) async throws(Status) {
        try await waitUntilPlanned(file)
        guard let plan = file.plan, let scan = file.scan else { preconditionFailure("a plan without its scan") }
        fileByteCount += Int(clamping: file.objectByteCount)
        try await announce(plan.schema, of: file.file)
        file.offer()
        while true {
            // Before the work: several scans may have been woken in this turn. Until its first batch a scan is ahead of the
            // others.
            await core.loop.yieldIfDue(hurries: rowCount == 0)
            guard !call.isOver else { throw Status(.cancelled, "the call is over") }
            try file.check()
            openAhead()
            if let batch = try next(of: scan, file) {
                try await send(batch)
                if isSatisfied { return }
            } else if scan.isFinished {
                return
            } else if !file.work() {
                try await waitForProgress(of: scan, file)
            }
        }
    }

    private func waitUntilPlanned(_ file: FileScan) async throws(Status) {
        while true {
            guard !call.isOver else { throw Status(.cancelled, "the call is over") }
            try file.check()
            if file.plan != nil { return }
            // All that changes this happens on this core, and tells.
            signal.arm()
            await signal.wait()
        }
    }

    private func next(of scan: Scan, _ file: FileScan) throws(Status) -> RecordBatch? {
        do throws(ParquetError) {
            return try scan.nextBatch()
        } catch {
            throw Status(parquetError: error, file: file.file.name)
        }
    }

    /// Suspends until a part arrives, or another core has moved the scan on.
    private func waitForProgress(of scan: Scan, _ file: FileScan) async throws(Status) {
        signal.arm()
        file.fetch()
        try file.check()
        guard !scan.hasNews else { return }
        // Before the first batch everything is waited for.
        let waitsForParts = rowCount > 0 && !scan.neededParts.isEmpty
        let idleBefore = core.loop.idleNanoseconds
        await signal.wait()
        guard waitsForParts else { return }
        context.window.waited(idleNanoseconds: core.loop.idleNanoseconds - idleBefore, until: core.loop.now())
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
