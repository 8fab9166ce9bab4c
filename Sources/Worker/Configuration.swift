public import Arrow
import Parquet
import S3
public import Logging
public import Reactor
import TOMLKit

/// What the operator decides. Later sources win: defaults, file, environment, command line.
///
/// - Spec: `docs/configuration.md`.
public struct Configuration: Sendable {
    public var flightPort: UInt16 = 50052
    /// 0 switches the metrics and health ports off.
    public var metricsPort: UInt16 = 9090
    public var workerSecret: [UInt8]?
    public var allowsUnauthenticated = false
    /// Nil for as many as the machine grants.
    public var coreCount: Int?
    /// Nil for io_uring where the kernel allows it.
    public var ringKind: RingKind?
    /// Whether large sends may leave from where their bytes lie.
    public var sendsZeroCopy = false
    /// Directory that `file://` paths are resolved below; nil refuses them.
    public var localRoot: String?
    /// Nil sends record batches as they are.
    public var bodyCompression: BodyCodec?
    /// Longest set-up of a scan; nil for no limit.
    public var scanTimeoutNanoseconds: UInt64? = 600_000_000_000
    /// Longest wait for running scans after SIGTERM.
    public var drainNanoseconds: UInt64 = 25_000_000_000
    public var logLevel = Logger.Level.info
    /// Largest request message.
    public var requestByteLimit = 64 << 20

    /// Memory that scans may hold at once; nil for three quarters of what the process may use.
    public var memoryByteCount: Int?
    /// How long a scan waits for its share of that while nobody gives anything back.
    public var memoryWaitNanoseconds: UInt64 = 10_000_000_000
    /// Memory for footers of files that were scanned before; 0 keeps none.
    public var footerCacheByteCount = 256 << 20

    /// File with certificates of authorities that are trusted besides the system's; nil for none.
    public var authorityFile: String?
    var retryPolicy = RetryPolicy()
    /// Whether requests whose answers do not begin in the usual time are sent twice.
    var hedgesRequests = false
    var storeLimits = StorePool.Limits()
    /// How long a scan whose keys have expired waits for newer ones.
    var keyWaitNanoseconds: UInt64 = 5_000_000_000

    var readAhead = ReadAheadWindow.Limits()
    var scanOptions = ScanOptions()
    var parquetLimits: ParquetLimits { scanOptions.limits }

    public init() {}
}

/// A setting that cannot be used; names the setting, never a secret.
public struct ConfigurationError: Error, CustomStringConvertible {
    public let description: String
}

extension Configuration {
    /// Reads the file, if there is one, and the environment.
    ///
    /// - Parameter file: a path; nil for what `SQE_CONFIG` names.
    public mutating func load(file: String?) throws(ConfigurationError) {
        let environment = ProcessEnvironment.all()
        if let path = file ?? environment["SQE_CONFIG"] {
            let text: [UInt8]
            do throws(KernelError) {
                text = try SmallFile.read(path)
            } catch {
                throw ConfigurationError(description: "\(path): \(error)")
            }
            try apply(toml: String(decoding: text, as: UTF8.self))
        }
        try apply(environment: environment)
    }

    /// Chooses the reactor by name; nil changes nothing.
    public mutating func setReactor(_ name: String?) throws(ConfigurationError) {
        guard let name else { return }
        guard let kind = RingKind(rawValue: name) else {
            throw ConfigurationError(description: "the reactor is io_uring or epoll")
        }
        ringKind = kind
    }

    /// Chooses the least severe log lines by name; nil changes nothing.
    public mutating func setLogLevel(_ name: String?) throws(ConfigurationError) {
        guard let name else { return }
        guard let level = Logger.Level(rawValue: name) else {
            throw ConfigurationError(description: "unknown log level")
        }
        logLevel = level
    }

    /// Takes over what a configuration file says.
    public mutating func apply(toml text: String) throws(ConfigurationError) {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            // The parser's own words may quote the value, which may be the secret.
            let place = error.source.begin
            throw ConfigurationError(description: "not TOML at line \(place.line) column \(place.column)")
        } catch {
            throw ConfigurationError(description: "not TOML")
        }
        for setting in Self.settings {
            guard let section = table[setting.section] else { continue }
            guard let entries = section.table else {
                throw ConfigurationError(description: "\(setting.section) is not a section")
            }
            guard let value = entries[setting.key] else { continue }
            let text: String
            if let string = value.string {
                text = string
            } else if let number = value.int {
                text = "\(number)"
            } else if let flag = value.bool {
                text = "\(flag)"
            } else {
                throw ConfigurationError(description: "\(setting.name) has the wrong type")
            }
            try setting.apply(text, to: &self)
        }
    }

    /// Takes over what the environment says: `SQE_<SECTION>__<FIELD>`.
    public mutating func apply(environment: [String: String]) throws(ConfigurationError) {
        for setting in Self.settings {
            if let text = environment[setting.environmentName] { try setting.apply(text, to: &self) }
        }
    }

    /// Refuses combinations that would not do what the operator means.
    public func validate() throws(ConfigurationError) {
        guard workerSecret != nil || allowsUnauthenticated else {
            throw ConfigurationError(
                description: """
                    no worker secret is set: anybody could start scans. Set SQE_WORKER__WORKER_SECRET, \
                    or SQE_WORKER__ALLOW_UNAUTHENTICATED=true to accept that
                    """)
        }
        if let coreCount, !(1...1024).contains(coreCount) {
            throw ConfigurationError(description: "the number of cores must be between 1 and 1024")
        }
        guard metricsPort < .max else {
            throw ConfigurationError(
                description: "metrics.prometheus_port leaves no room for the health port behind it")
        }
        // The ports are shared among cores, so the kernel would let two services share one as well.
        guard metricsPort == 0 || !(metricsPort...metricsPort + 1).contains(flightPort) else {
            throw ConfigurationError(
                description: "worker.flight_port is one of the two ports that metrics.prometheus_port takes")
        }
    }

    /// Bytes of one request, and room for two beside those that are decoded.
    mutating func setRequestByteCount(_ byteCount: Int) {
        scanOptions.partByteCount = byteCount
        scanOptions.firstPartByteCount = min(scanOptions.firstPartByteCount, byteCount)
        readAhead.byteCount = max(readAhead.byteCount, 2 * byteCount)
        readAhead.largestByteCount = max(readAhead.largestByteCount, 2 * byteCount)
    }

    /// No single piece of a file, nor all footers that are kept, may take more than an eighth of the memory, nor may requests
    /// that are larger than usual.
    func limitingFiles(toMemory byteCount: Int) -> Configuration {
        var limited = self
        let most = byteCount / 8
        limited.footerCacheByteCount = min(footerCacheByteCount, most)
        limited.scanOptions.limits.footerByteCount = min(parquetLimits.footerByteCount, most)
        limited.scanOptions.limits.pageByteCount = min(parquetLimits.pageByteCount, most)
        limited.scanOptions.limits.dictionaryByteCount = min(parquetLimits.dictionaryByteCount, most)
        limited.setRequestByteCount(min(scanOptions.partByteCount, max(most, ScanOptions().partByteCount)))
        return limited
    }

    /// What the process may have under way with stores, shared out; each core has at least one of everything.
    func sharingStores(among coreCount: Int) -> Configuration {
        var shared = self
        shared.storeLimits.handshakeCount = max(1, storeLimits.handshakeCount / coreCount)
        return shared
    }
}
