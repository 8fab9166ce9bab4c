import ArgumentParser
import Worker

/// The worker's command line; everything else is in `Worker`.
@main
struct ServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sqe-server",
        abstract: "Serves Parquet scans as Arrow Flight.",
        discussion: """
            Settings come from the configuration file, then the environment (SQE_<SECTION>__<FIELD>), then these options.
            """,
        version: WorkerProcess.version)

    @Option(name: .shortAndLong, help: "What to run; this server is a worker.")
    var mode: String

    @Option(name: .shortAndLong, help: "Configuration file (TOML).")
    var config: String?

    @Option(help: "Flight port; 0 takes a free one.")
    var port: UInt16?

    @Option(help: "Cores to use; all that the machine grants by default.")
    var cores: Int?

    @Option(help: "io_uring or epoll; by default io_uring where the kernel allows it.")
    var reactor: String?

    @Option(help: "Directory whose files may be read as file:// paths.")
    var localRoot: String?

    @Option(help: "Least severe log lines to print: trace, debug, info, notice, warning, error, critical.")
    var logLevel: String?

    func run() throws {
        guard mode == "worker" else {
            throw ValidationError("this server runs as a worker only: --mode worker")
        }
        var settings = Configuration()
        do throws(ConfigurationError) {
            try settings.load(file: config)
            try settings.setReactor(reactor)
            try settings.setLogLevel(logLevel)
        } catch {
            throw ValidationError("configuration: \(error)")
        }
        if let port { settings.flightPort = port }
        if let cores { settings.coreCount = cores }
        if let localRoot { settings.localRoot = localRoot }
        throw ExitCode(WorkerProcess.run(settings))
    }
}
