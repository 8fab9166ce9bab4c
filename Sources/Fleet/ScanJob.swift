import Arrow
import Bytes
import Flight
import Grpc
import Reactor

/// One run of a ``ScanCommand`` on its core.
final class ScanJob: ClientJob {
    private static let connectNanoseconds: UInt64 = 10_000_000_000

    private let command: ScanCommand
    private let loop: EventLoop
    private var output: OutputFile?
    private var file: FileWriter?
    private var hasSchema = false
    /// Nil when the columns cannot be shown.
    private var schema: Schema?
    private var dictionaries: Dictionaries?
    private var table: RowTable
    private var rowCount = 0
    private var byteCount = 0
    private var progress = ProgressLine()
    private var progressTimer: TimerID?
    private let startNanoseconds: UInt64

    init(command: ScanCommand, loop: EventLoop) {
        self.command = command
        self.loop = loop
        table = RowTable(rowLimit: command.rowLimit)
        startNanoseconds = loop.now()
    }

    func run() async throws(ClientFailure) {
        let ticket = try command.ticketBytes()
        if StandardError.isTerminal { showProgress() }
        do throws(ClientFailure) {
            try await read(Ticket(bytes: ticket))
            try finishFile()
        } catch {
            abandon()
            throw error
        }
        hideProgress()
        if command.rowLimit > 0, let schema { table.lines(of: schema).forEach(StandardOutput.writeLine) }
        StandardOutput.writeLine(summary())
    }

    func abandon() {
        hideProgress()
        output?.discard()
        output = nil
    }

    private func read(_ ticket: Ticket) async throws(ClientFailure) {
        let client: FlightClient
        do throws(Status) {
            client = try await FlightClient.connect(
                to: command.worker, on: loop, resolver: Resolver(), timeoutNanoseconds: Self.connectNanoseconds)
        } catch {
            throw ClientFailure(error)
        }
        defer { client.close() }
        let stream = client.doGet(ticket, metadata: command.secret?.metadata(for: ticket.bytes) ?? [])
        while let data = try await next(of: stream) {
            // A message without IPC metadata carries the service's own, of which ours has none.
            guard !data.header.isEmpty else { continue }
            byteCount += data.header.count + data.body.count
            let slices: [Slice]
            do throws(ArrowError) {
                slices = try take(data)
            } catch {
                throw ClientFailure(error)
            }
            try write(slices)
        }
        guard hasSchema else { throw ClientFailure("BAD_DATA", "the stream ended without a schema") }
    }

    private func next(of stream: FlightDataStream) async throws(ClientFailure) -> FlightData? {
        do throws(Status) {
            return try await stream.next()
        } catch {
            throw ClientFailure(error)
        }
    }

    // MARK: Arrow

    /// Counts and shows one message.
    ///
    /// - Returns: what it adds to the file.
    private func take(_ data: FlightData) throws(ArrowError) -> [Slice] {
        let message = try MessageDecoder(data.header)
        guard hasSchema == (message.kind != .schema) else {
            throw .malformed(table: "Message", field: "header_type", .badValue)
        }
        switch message.kind {
        case .schema:
            hasSchema = true
            try takeSchema(message)
            guard command.outputPath != nil else { return [] }
            file = try FileWriter(schemaMessage: data.header)
            return file?.begin() ?? []
        case .dictionaryBatch:
            if !table.isFull {
                let (dictionary, isDelta, compression) = try message.dictionaryBatch(body: data.body)
                try dictionaries?.take(dictionary, isDelta: isDelta, compression: compression)
            }
        case .recordBatch:
            rowCount += try message.rowCount()
            if let schema, !table.isFull {
                let (batch, compression) = try message.recordBatch(body: data.body)
                try table.append(
                    BatchReader(batch, compression: compression, schema: schema, dictionaries: dictionaries))
            }
        }
        return try file?.append(metadata: data.header, body: data.body) ?? []
    }

    /// A schema that cannot be shown is an error only where it was to be shown and nothing else was asked for.
    private func takeSchema(_ message: MessageDecoder) throws(ArrowError) {
        guard command.rowLimit > 0 else { return }
        do throws(ArrowError) {
            let schema = try message.schema()
            dictionaries = Dictionaries(of: schema, ids: try message.dictionaryIDs())
            self.schema = schema
        } catch {
            guard case .unsupported = error, command.outputPath != nil else { throw error }
            progress.erase()
            StandardError.write("rows are not shown: \(TerminalText.oneLine(error.description))\n")
        }
    }

    // MARK: File

    private func write(_ slices: [Slice]) throws(ClientFailure) {
        guard let path = command.outputPath else { return }
        do throws(KernelError) {
            // Made only once the worker has something to say: an early error leaves no trace.
            let target = if let output { output } else { try OutputFile(path: path) }
            output = target
            try target.append(slices)
        } catch {
            throw ClientFailure(path: path, error)
        }
    }

    private func finishFile() throws(ClientFailure) {
        guard let output, let path = command.outputPath else { return }
        do throws(KernelError) {
            try output.append(file?.finish() ?? [])
            try output.commit()
        } catch {
            throw ClientFailure(path: path, error)
        }
    }

    // MARK: Screen

    private var elapsedNanoseconds: UInt64 { loop.now() - startNanoseconds }

    private func showProgress() {
        progress.draw(rowCount: rowCount, byteCount: byteCount, nanoseconds: elapsedNanoseconds)
        progressTimer = loop.schedule(at: loop.now() + ProgressLine.intervalNanoseconds) { [self] in showProgress() }
    }

    private func hideProgress() {
        if let progressTimer { loop.cancel(progressTimer) }
        progressTimer = nil
        progress.erase()
    }

    private func summary() -> String {
        let nanoseconds = elapsedNanoseconds
        let seconds = NumberText.quotient(nanoseconds, 1_000_000_000, digitCount: 3)
        // Bytes per microsecond are megabytes per second.
        let rate = NumberText.quotient(UInt64(byteCount), nanoseconds / 1000, digitCount: 1)
        return "\(rowCount) rows, \(byteCount) bytes, \(seconds) s, \(rate) MB/s"
    }
}
