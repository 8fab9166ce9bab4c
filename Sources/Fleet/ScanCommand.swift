import Reactor

/// Reads one scan from one worker: to the screen, to an Arrow file, or both.
public struct ScanCommand: Sendable {
    /// Where the bytes of the ticket come from.
    public enum Source: Sendable {
        /// A file that holds them.
        case ticketFile(path: String)
        case ticket(ScanTicket)
    }

    /// Largest ticket file.
    private static let ticketByteLimit = 16 << 20

    public var worker: WorkerAddress
    public var source: Source
    /// Where to write the Arrow file; nil for nowhere.
    public var outputPath: String?
    /// Rows to show.
    public var rowLimit: Int
    public var secret: WorkerSecret?

    public init(worker: WorkerAddress, source: Source, outputPath: String?, rowLimit: Int, secret: WorkerSecret?) {
        precondition(rowLimit >= 0)
        self.worker = worker
        self.source = source
        self.outputPath = outputPath
        self.rowLimit = rowLimit
        self.secret = secret
    }

    /// Runs to the end of the stream, or until SIGINT or SIGTERM.
    ///
    /// - Parameter name: of the program, for errors.
    /// - Returns: the exit status: 0 only when the whole stream came and was written.
    public func run(name: String) -> Int32 {
        ClientProcess.run(name: name) { ScanJob(command: self, loop: $0) }
    }

    /// The bytes of the ticket.
    func ticketBytes() throws(ClientFailure) -> [UInt8] {
        switch source {
        case .ticket(let ticket): return ticket.encoded(fragmentID: ScanTicket.makeFragmentID())
        case .ticketFile(let path):
            do throws(KernelError) {
                return try SmallFile.read(path, byteLimit: Self.ticketByteLimit)
            } catch {
                throw ClientFailure(path: path, error)
            }
        }
    }
}
