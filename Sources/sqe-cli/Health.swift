import ArgumentParser
import Fleet

/// `sqe-cli health`
struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Asks a worker whether it is well.")

    /// A longer wait would be a mistake.
    private static let largestTimeout = 3600.0

    @Option(
        help: ArgumentHelp("Where the worker listens; grpc://HOST:PORT will do as well.", valueName: "host:port"),
        transform: workerAddress)
    var worker: WorkerAddress

    @Option(help: "Seconds to wait for the answer, connecting included.")
    var timeout = 3.0

    func validate() throws {
        guard timeout > 0, timeout <= Self.largestTimeout else {
            throw ValidationError("--timeout is more than 0 and at most \(Int(Self.largestTimeout)) seconds")
        }
    }

    func run() throws {
        let nanoseconds = UInt64(timeout * 1_000_000_000)
        throw ExitCode(HealthCommand(worker: worker, timeoutNanoseconds: nanoseconds).run(name: ClientCommand.name))
    }
}
