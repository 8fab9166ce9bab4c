import Arrow
import Logging
import Parquet
import Reactor
import Testing

@testable import Worker

@Suite("Configuration")
struct ConfigurationTests {
    private func reading(toml: String, environment: [String: String] = [:]) throws(ConfigurationError) -> Configuration
    {
        var configuration = Configuration()
        try configuration.apply(toml: toml)
        try configuration.apply(environment: environment)
        return configuration
    }

    /// The text of the error; nil when there is none.
    private func fault(toml: String = "", environment: [String: String] = [:]) -> String? {
        do throws(ConfigurationError) {
            _ = try reading(toml: toml, environment: environment)
            return nil
        } catch {
            return error.description
        }
    }

    // MARK: Sources

    @Test func defaults() throws {
        let configuration = try reading(toml: "")
        #expect(configuration.flightPort == 50052)
        #expect(configuration.metricsPort == 9090)
        #expect(configuration.workerSecret == nil)
        #expect(!configuration.allowsUnauthenticated)
        #expect(configuration.localRoot == nil)
        #expect(!configuration.sendsZeroCopy)
        #expect(configuration.bodyCompression == nil)
        #expect(!configuration.hedgesRequests)
        #expect(configuration.scanTimeoutNanoseconds == 600_000_000_000)
        #expect(configuration.drainNanoseconds == 25_000_000_000)
    }

    static let file = """
        [worker]
        flight_port = 6000
        worker_secret = "from the file"
        allow_unauthenticated = true
        scan_timeout_secs = 5
        local_root = "/data"
        zero_copy_sends = true
        [storage]
        hedging = true
        [coordinator]
        shuffle_compression = "lz4"
        shutdown_drain_secs = 7
        [metrics]
        prometheus_port = 7000
        """

    @Test func theFileIsRead() throws {
        let configuration = try reading(toml: Self.file)
        #expect(configuration.flightPort == 6000)
        #expect(configuration.workerSecret == Array("from the file".utf8))
        #expect(configuration.allowsUnauthenticated)
        #expect(configuration.scanTimeoutNanoseconds == 5_000_000_000)
        #expect(configuration.localRoot == "/data")
        #expect(configuration.sendsZeroCopy)
        #expect(configuration.hedgesRequests)
        #expect(configuration.bodyCompression == .lz4Frame)
        #expect(configuration.drainNanoseconds == 7_000_000_000)
        #expect(configuration.metricsPort == 7000)
    }

    static let environment = [
        "SQE_WORKER__FLIGHT_PORT": "6001", "SQE_WORKER__WORKER_SECRET": "from outside",
        "SQE_WORKER__ALLOW_UNAUTHENTICATED": "FALSE", "SQE_WORKER__SCAN_TIMEOUT_SECS": "0",
        "SQE_WORKER__LOCAL_ROOT": "", "SQE_WORKER__ZERO_COPY_SENDS": "0",
        "SQE_STORAGE__HEDGING": "false", "SQE_COORDINATOR__SHUFFLE_COMPRESSION": "zstd",
        "SQE_COORDINATOR__SHUTDOWN_DRAIN_SECS": "0", "SQE_METRICS__PROMETHEUS_PORT": "0",
    ]

    @Test func theEnvironmentWins() throws {
        for toml in ["", Self.file] {
            let configuration = try reading(toml: toml, environment: Self.environment)
            #expect(configuration.flightPort == 6001)
            #expect(configuration.workerSecret == Array("from outside".utf8))
            #expect(!configuration.allowsUnauthenticated)
            // 0 switches the limit off.
            #expect(configuration.scanTimeoutNanoseconds == nil)
            #expect(configuration.localRoot == nil)
            #expect(!configuration.sendsZeroCopy)
            #expect(!configuration.hedgesRequests)
            #expect(configuration.bodyCompression == .zstd)
            #expect(configuration.drainNanoseconds == 0)
            #expect(configuration.metricsPort == 0)
        }
    }

    @Test func anEmptySecretIsNone() throws {
        #expect(try reading(toml: Self.file, environment: ["SQE_WORKER__WORKER_SECRET": ""]).workerSecret == nil)
        #expect(try reading(toml: "[worker]\nworker_secret = ''").workerSecret == nil)
    }

    @Test(
        arguments: [
            ("", nil), ("none", nil), ("LZ4", .lz4Frame), ("lz4_frame", .lz4Frame), ("zstd", .zstd),
            // As the coordinator's own worker has it.
            ("brotli", .zstd),
        ] as [(String, BodyCodec?)])
    func compressionNames(_ name: String, _ codec: BodyCodec?) throws {
        #expect(try reading(toml: "[coordinator]\nshuffle_compression = \"\(name)\"").bodyCompression == codec)
    }

    @Test func whatTheCoordinatorNeedsIsAccepted() throws {
        let toml = """
            mode = "coordinator"
            [coordinator]
            worker_urls = ["http://w:50052"]
            [coordinator.tls]
            cert_file = ""
            [worker]
            flight_port = 6000
            memory_limit = "8GB"
            heartbeat_interval_secs = 5
            [worker.memory]
            scan_budget = "1GB"
            [catalog]
            catalog_url = "http://c"
            [[auth.chain]]
            kind = "none"
            """
        #expect(
            try reading(toml: toml, environment: ["SQE_CATALOG__CATALOG_URL": "x", "SQE_": "y"]).flightPort == 6000)
    }

    @Test(
        arguments: [
            ("0", 0), ("1048576", 1 << 20), ("\"1000\"", 1000), ("\"7B\"", 7), ("\"64k\"", 64 << 10),
            ("\"256MB\"", 256 << 20),
            ("\"1.5 Gb\"", 3 << 29), ("\"2t\"", 2 << 40), ("\"0.3B\"", 0),
        ])
    func sizesHaveUnits(_ text: String, _ byteCount: Int) throws {
        #expect(try reading(toml: "[storage]\nfooter_cache_size = \(text)").footerCacheByteCount == byteCount)
    }

    @Test func largerRequestsWidenTheReadAhead() throws {
        let usual = Configuration()
        let large = try reading(toml: "[storage]\nrequest_size = \"32MB\"\nrequest_gap_size = \"1MB\"")
        #expect(large.scanOptions.partByteCount == 32 << 20)
        #expect(large.scanOptions.mergeGapByteCount == 1 << 20)
        #expect(large.readAhead.byteCount == 64 << 20)
        #expect(large.readAhead.largestByteCount == usual.readAhead.largestByteCount)
        // An eighth of the memory, but never less than is usual.
        #expect(large.limitingFiles(toMemory: 128 << 20).scanOptions.partByteCount == 16 << 20)
        #expect(large.limitingFiles(toMemory: 16 << 20).scanOptions.partByteCount == usual.scanOptions.partByteCount)
        let small = try reading(toml: "[storage]\nrequest_size = \"256K\"").limitingFiles(toMemory: 16 << 20)
        #expect(small.scanOptions.partByteCount == 256 << 10)
        #expect(small.readAhead.byteCount == usual.readAhead.byteCount)
    }

    // MARK: Bad values

    static let badValues: [(section: String, key: String, values: [String])] = [
        ("worker", "flight_port", ["-1", "65536", "\"x\"", "\"\"", "true", "1.5", "[1]", "{}"]),
        ("worker", "allow_unauthenticated", ["\"yes\"", "2", "\"\"", "[true]"]),
        ("worker", "zero_copy_sends", ["\"auto\"", "2", "[false]"]),
        ("storage", "hedging", ["\"auto\"", "2", "0.95", "[true]"]),
        ("worker", "memory_bytes", ["-1", "1", "8388607", "\"64M\"", "1e9"]),
        ("worker", "memory_wait_secs", ["-1", "\"1s\"", "31622401"]),
        ("worker", "scan_timeout_secs", ["-1", "\"1s\"", "1.5", "9223372036854775807", "18446744073", "31622401"]),
        ("worker", "local_root", ["['/data']", "1.5"]),
        ("worker", "worker_secret", ["['hush']", "{a = 'hush'}", "2001-01-01"]),
        ("coordinator", "shutdown_drain_secs", ["-1", "\"\"", "18446744073"]),
        ("coordinator", "shuffle_compression", ["[]"]),
        ("metrics", "prometheus_port", ["65536", "-1", "\"ten\""]),
        ("storage", "require_tls", ["\"yes\"", "2", "\"\""]),
        ("storage", "request_size", ["0", "262143", "\"65MB\"", "-1", "\"\"", "true"]),
        ("storage", "request_gap_size", ["-1", "\"65MB\"", "\"\"", "true"]),
        (
            "storage", "footer_cache_size",
            [
                "-1", "\"\"", "\"MB\"", "\"-1MB\"", "\"1e3\"", "\"1.2.3\"", "\".5G\"", "\"5.\"", "\"1 MiB\"", "\"nan\"",
                "\"0x10\"", "\"9999999999T\"", "true", "1.5",
            ]
        ),
    ]

    @Test(arguments: badValues.indices)
    func aBadValueIsNamedAndNotRepeated(_ index: Int) {
        let (section, key, values) = Self.badValues[index]
        for value in values {
            let text = fault(toml: "[\(section)]\n\(key) = \(value)")
            #expect(text?.contains("\(section).\(key)") == true, "\(value): \(text ?? "no error")")
            #expect(text?.contains("hush") != true)
        }
    }

    @Test(arguments: [
        ("SQE_WORKER__FLIGHT_PORT", "worker.flight_port"), ("SQE_METRICS__PROMETHEUS_PORT", "metrics.prometheus_port"),
        ("SQE_WORKER__ALLOW_UNAUTHENTICATED", "worker.allow_unauthenticated"),
        ("SQE_WORKER__SCAN_TIMEOUT_SECS", "worker.scan_timeout_secs"),
        ("SQE_COORDINATOR__SHUTDOWN_DRAIN_SECS", "coordinator.shutdown_drain_secs"),
    ])
    func aBadVariableIsNamedAndNotRepeated(_ variable: String, _ name: String) {
        for value in ["hush", "", " 1", "1 ", "-1"] {
            #expect(fault(environment: [variable: value]) == "\(name) cannot be used as given")
        }
    }

    @Test func aSectionThatIsNoneIsNamed() {
        #expect(fault(toml: "worker = 5") == "worker is not a section")
        #expect(fault(toml: "[[metrics]]\nprometheus_port = 1") == "metrics is not a section")
    }

    /// A parser likes to quote what it did not understand.
    @Test(arguments: [
        "hush", "\"hush", "'hush", "true-hush", "99999999999999999999", "0xhush", "1hush", "[\"hush\"", "2001-13-hush",
        "\"hu\\qsh\"", "\"\"\"hush", "\"hush\" \"hush\"", "truhush",
    ])
    func brokenTextIsPlacedAndNotRepeated(_ value: String) throws {
        let text = try #require(fault(toml: "[worker]\n\nworker_secret = \(value)\n"))
        #expect(text.hasPrefix("not TOML at line "))
        for secret in ["hush", "99999", "true", "tru"] { #expect(!text.contains(secret)) }
    }

    // MARK: Validation

    private func refusal(_ change: (inout Configuration) -> Void) -> String? {
        var configuration = Configuration()
        configuration.workerSecret = Array("hush".utf8)
        change(&configuration)
        do throws(ConfigurationError) {
            try configuration.validate()
            return nil
        } catch {
            return error.description
        }
    }

    @Test func anOpenWorkerMustBeWanted() throws {
        #expect(refusal { _ in } == nil)
        let text = try #require(refusal { $0.workerSecret = nil })
        #expect(text.contains("SQE_WORKER__WORKER_SECRET"))
        #expect(text.contains("SQE_WORKER__ALLOW_UNAUTHENTICATED"))
        #expect(
            refusal {
                $0.workerSecret = nil
                $0.allowsUnauthenticated = true
            } == nil)
    }

    @Test func coreCounts() {
        for count in [1, 2, 1024] { #expect(refusal { $0.coreCount = count } == nil) }
        for count in [0, -1, 1025, Int.max] { #expect(refusal { $0.coreCount = count }?.contains("cores") == true) }
    }

    @Test func memoryBoundsWhatAFileMayClaim() throws {
        let given = try reading(toml: "[worker]\nmemory_bytes = 67108864\nmemory_wait_secs = 3\n")
        #expect(given.memoryByteCount == 64 << 20)
        #expect(given.memoryWaitNanoseconds == 3_000_000_000)
        let limits = given.limitingFiles(toMemory: 64 << 20).parquetLimits
        #expect(limits.footerByteCount == 8 << 20)
        #expect(limits.pageByteCount == 8 << 20)
        #expect(limits.dictionaryByteCount == 8 << 20)
        #expect(given.limitingFiles(toMemory: 1 << 40).parquetLimits == given.parquetLimits)
        #expect(try reading(toml: "[worker]\nmemory_bytes = 0\n").memoryByteCount == nil)
        #expect(given.footerCacheByteCount == 256 << 20)
        #expect(given.limitingFiles(toMemory: 64 << 20).footerCacheByteCount == 8 << 20)
        #expect(given.limitingFiles(toMemory: 1 << 40).footerCacheByteCount == 256 << 20)
    }

    @Test func portsDoNotCollide() {
        #expect(refusal { $0.metricsPort = .max }?.contains("metrics.prometheus_port") == true)
        #expect(refusal { $0.metricsPort = .max - 1 } == nil)
        #expect(refusal { $0.metricsPort = 0 } == nil)
        for port in [UInt16(50052), 50051] {
            #expect(refusal { $0.metricsPort = port }?.contains("worker.flight_port") == true)
        }
        for port in [UInt16(50050), 50053] { #expect(refusal { $0.metricsPort = port } == nil) }
        // The system chooses.
        #expect(refusal { $0.flightPort = 0 } == nil)
    }

    // MARK: Command line

    @Test func namesOfTheCommandLine() throws {
        var configuration = Configuration()
        try configuration.setReactor("epoll")
        #expect(configuration.ringKind == .readiness)
        try configuration.setReactor(nil)
        #expect(configuration.ringKind == .readiness)
        try configuration.setReactor("io_uring")
        #expect(configuration.ringKind == .uring)
        try configuration.setLogLevel("debug")
        try configuration.setLogLevel(nil)
        #expect(configuration.logLevel == .debug)
        #expect(throws: ConfigurationError.self) { try configuration.setReactor("kqueue") }
        #expect(throws: ConfigurationError.self) { try configuration.setLogLevel("loud") }
    }
}
