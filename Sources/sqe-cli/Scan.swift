import ArgumentParser
import Fleet

/// `sqe-cli scan`
struct Scan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads Parquet files through a worker.",
        discussion: """
            Keys and secrets need not stand on the command line: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, \
            AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL and SQE_WORKER__WORKER_SECRET fill in what is not given.
            """)

    @Option(
        help: ArgumentHelp("Where the worker listens; grpc://HOST:PORT will do as well.", valueName: "host:port"),
        transform: workerAddress)
    var worker: WorkerAddress

    @Option(help: ArgumentHelp("File with a ready ticket (JSON), sent as it is.", valueName: "path"))
    var ticket: String?

    @Option(
        name: .customLong("file"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "Parquet files: s3://bucket/key, or file:// below the worker's local root.", valueName: "url"))
    var files: [String] = []

    @Option(help: ArgumentHelp("Columns in the wanted order, with commas between; all by default.", valueName: "a,b"))
    var columns: String?

    @Option(help: ArgumentHelp("Endpoint of the object store; AWS by default.", valueName: "url"))
    var endpoint: String?

    @Option(help: "Region of the object store.")
    var region: String?

    @Option(help: ArgumentHelp("Access key of the object store.", valueName: "key"))
    var accessKey: String?

    @Option(help: ArgumentHelp("Secret key of the object store.", valueName: "key"))
    var secretKey: String?

    @Option(help: ArgumentHelp("Session token of temporary keys.", valueName: "token"))
    var sessionToken: String?

    @Option(help: ArgumentHelp("Arrow IPC file to write; it appears when the scan has ended well.", valueName: "path"))
    var output: String?

    @Option(help: "Rows to show.")
    var rows = 10

    @Option(help: ArgumentHelp("Secret that the worker asks for.", valueName: "secret"))
    var secret: String?

    func validate() throws {
        guard rows >= 0 else { throw ValidationError("--rows is not negative") }
        guard (ticket == nil) != files.isEmpty else { throw ValidationError("give either --ticket or --file") }
        let others = [columns, endpoint, region, accessKey, secretKey, sessionToken]
        guard ticket == nil || others.allSatisfy({ $0 == nil }) else {
            throw ValidationError(
                "a ready ticket says itself which columns and which keys; leave the other options out")
        }
    }

    func run() throws {
        let environment = ClientEnvironment.all()
        let secret = secret ?? environment["SQE_WORKER__WORKER_SECRET"]
        let command = ScanCommand(
            worker: worker, source: source(environment), outputPath: output, rowLimit: rows,
            secret: secret.flatMap { $0.isEmpty ? nil : WorkerSecret($0) })
        throw ExitCode(command.run(name: ClientCommand.name))
    }

    private func source(_ environment: [String: String]) -> ScanCommand.Source {
        if let ticket { return .ticketFile(path: ticket) }
        let store = StoreAccess(
            endpoint: endpoint, region: region, accessKey: accessKey, secretKey: secretKey, sessionToken: sessionToken,
            environment: environment)
        let names = columns?.split(separator: ",").map(String.init) ?? []
        return .ticket(ScanTicket(files: files, columns: names, store: store))
    }
}
