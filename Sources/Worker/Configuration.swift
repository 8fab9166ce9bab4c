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
    private mutating func setRequestByteCount(_ byteCount: Int) {
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

    /// One entry of the file, and its name in the environment.
    private struct Setting: Sendable {
        var section: String
        var key: String
        var set: @Sendable (String, inout Configuration) -> Bool

        var name: String { "\(section).\(key)" }
        var environmentName: String { "SQE_\(section.uppercased())__\(key.uppercased())" }

        func apply(_ text: String, to configuration: inout Configuration) throws(ConfigurationError) {
            guard set(text, &configuration) else {
                throw ConfigurationError(description: "\(name) cannot be used as given")
            }
        }
    }

    /// A smaller budget would refuse nearly every scan.
    private static let smallestMemoryByteCount = 8 << 20

    private static let settings: [Setting] = [
        Setting(section: "worker", key: "flight_port") { text, target in
            UInt16(text).map { target.flightPort = $0 } != nil
        },
        Setting(section: "worker", key: "worker_secret") { text, target in
            target.workerSecret = text.isEmpty ? nil : Array(text.utf8)
            return true
        },
        Setting(section: "worker", key: "allow_unauthenticated") { text, target in
            flag(text).map { target.allowsUnauthenticated = $0 } != nil
        },
        Setting(section: "worker", key: "scan_timeout_secs") { text, target in
            seconds(text).map { target.scanTimeoutNanoseconds = $0 == 0 ? nil : $0 } != nil
        },
        Setting(section: "worker", key: "memory_bytes") { text, target in
            guard let number = Int(text), number == 0 || number >= smallestMemoryByteCount else { return false }
            target.memoryByteCount = number == 0 ? nil : number
            return true
        },
        Setting(section: "worker", key: "memory_wait_secs") { text, target in
            seconds(text).map { target.memoryWaitNanoseconds = $0 } != nil
        },
        Setting(section: "worker", key: "zero_copy_sends") { text, target in
            flag(text).map { target.sendsZeroCopy = $0 } != nil
        },
        Setting(section: "worker", key: "local_root") { text, target in
            target.localRoot = text.isEmpty ? nil : text
            return true
        },
        Setting(section: "storage", key: "ca_file") { text, target in
            target.authorityFile = text.isEmpty ? nil : text
            return true
        },
        Setting(section: "storage", key: "allowed_endpoints") { text, target in
            do throws(S3Error) {
                target.storeLimits.endpoints = try EndpointRules(parsing: text)
                return true
            } catch { return false }
        },
        Setting(section: "storage", key: "max_attempts") { text, target in
            guard let number = Int(text), (1...100).contains(number) else { return false }
            target.retryPolicy.attemptLimit = number
            return true
        },
        Setting(section: "storage", key: "hedging") { text, target in
            flag(text).map { target.hedgesRequests = $0 } != nil
        },
        delay("connect_timeout_secs") { $0.storeLimits.connectNanoseconds = $1 },
        delay("first_byte_timeout_secs") { $0.storeLimits.request.firstByte = $1 },
        delay("stall_timeout_secs") { $0.storeLimits.request.progress = $1 },
        delay("request_timeout_secs") { $0.storeLimits.request.whole = $1 },
        delay("credential_wait_secs") { $0.keyWaitNanoseconds = $1 },
        Setting(section: "storage", key: "footer_cache_size") { text, target in
            SizeText.byteCount(text).map { target.footerCacheByteCount = $0 } != nil
        },
        Setting(section: "storage", key: "request_size") { text, target in
            guard let size = SizeText.byteCount(text), (256 << 10...64 << 20).contains(size) else { return false }
            target.setRequestByteCount(size)
            return true
        },
        Setting(section: "storage", key: "request_gap_size") { text, target in
            guard let size = SizeText.byteCount(text), (0...64 << 20).contains(size) else { return false }
            target.scanOptions.mergeGapByteCount = size
            return true
        },
        Setting(section: "coordinator", key: "shuffle_compression") { text, target in
            switch text.lowercased() {
            case "", "none": target.bodyCompression = nil
            case "lz4", "lz4_frame": target.bodyCompression = .lz4Frame
            // The coordinator's own worker takes zstd for whatever it does not know.
            default: target.bodyCompression = .zstd
            }
            return true
        },
        Setting(section: "coordinator", key: "shutdown_drain_secs") { text, target in
            seconds(text).map { target.drainNanoseconds = $0 } != nil
        },
        Setting(section: "metrics", key: "prometheus_port") { text, target in
            UInt16(text).map { target.metricsPort = $0 } != nil
        },
        Setting(section: "parquet", key: "keep_dictionaries") { text, target in
            flag(text).map { target.scanOptions.keepsDictionaries = $0 } != nil
        },
        Setting(section: "parquet", key: "verify_checksums") { text, target in
            flag(text).map { target.scanOptions.verifiesChecksums = $0 } != nil
        },
        limit("max_footer_bytes") { $0.footerByteCount = $1 }, limit("max_page_bytes") { $0.pageByteCount = $1 },
        limit("max_dictionary_bytes") { $0.dictionaryByteCount = $1 },
        limit("max_page_header_bytes") { $0.pageHeaderByteCount = $1 },
        limit("max_columns") { $0.topLevelColumnCount = $1 },
        limit("max_schema_elements") { $0.schemaElementCount = $1 },
        limit("max_schema_depth", most: ParquetLimits.largestSchemaDepth) { $0.schemaDepth = $1 },
        limit("max_row_groups") { $0.rowGroupCount = $1 }, limit("max_column_chunks") { $0.columnChunkCount = $1 },
    ]

    /// A time to wait for a store, at least a second.
    private static func delay(
        _ key: String, _ set: @escaping @Sendable (inout Configuration, UInt64) -> Void
    ) -> Setting {
        Setting(section: "storage", key: key) { text, target in
            guard let nanoseconds = seconds(text), nanoseconds > 0 else { return false }
            set(&target, nanoseconds)
            return true
        }
    }

    /// A limit on what files may claim. Sizes in the format have 31 bits.
    private static func limit(
        _ key: String, most: Int = Int(Int32.max), _ set: @escaping @Sendable (inout ParquetLimits, Int) -> Void
    ) -> Setting {
        Setting(section: "parquet", key: key) { text, target in
            guard let number = Int(text), (1...most).contains(number) else { return false }
            set(&target.scanOptions.limits, number)
            return true
        }
    }

    private static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "1": true
        case "false", "0": false
        default: nil
        }
    }

    /// Nanoseconds; nil for more than a year, so that no sum with a clock's time overflows.
    private static func seconds(_ text: String) -> UInt64? {
        guard let seconds = UInt64(text), seconds <= 366 * 86_400 else { return nil }
        return seconds * 1_000_000_000
    }
}
