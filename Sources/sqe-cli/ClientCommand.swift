import ArgumentParser
import Fleet

/// The client's command line; everything else is in `Fleet`.
@main
struct ClientCommand: ParsableCommand {
    static let name = "sqe-cli"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Talks to a scan worker over Arrow Flight.", version: clientVersion,
        subcommands: [Scan.self, Health.self])
}

/// Reads the value of `--worker`.
func workerAddress(_ text: String) throws -> WorkerAddress {
    guard let address = WorkerAddress(text) else {
        throw ValidationError("expected HOST:PORT or grpc://HOST:PORT")
    }
    return address
}
