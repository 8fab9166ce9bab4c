import Arrow
import Parquet
import S3

extension Configuration {
    /// One entry of the file, and its name in the environment.
    struct Setting: Sendable {
        var section: String
        var key: String
        var set: @Sendable (String, inout Configuration) -> Bool

        var name: String { "\(section).\(key)" }
        var environmentName: String { "SQE_\(section.uppercased())__\(key.uppercased())" }

        /// - Throws: names the setting, never the value.
        func apply(_ text: String, to configuration: inout Configuration) throws(ConfigurationError) {
            guard set(text, &configuration) else {
                throw ConfigurationError(description: "\(name) cannot be used as given")
            }
        }
    }

    /// A smaller budget would refuse nearly every scan.
    private static let smallestMemoryByteCount = 8 << 20

    static let settings: [Setting] = [
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
        Setting(section: "storage", key: "require_tls") { text, target in
            flag(text).map { target.storeLimits.requiresTLS = $0 } != nil
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
        size("footer_cache_size", 0...Int.max) { $0.footerCacheByteCount = $1 },
        size("request_size", 256 << 10...64 << 20) { $0.setRequestByteCount($1) },
        size("request_gap_size", 0...64 << 20) { $0.scanOptions.mergeGapByteCount = $1 },
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

    /// A size in bytes of what is asked of stores, or kept of what they sent.
    private static func size(
        _ key: String, _ allowed: ClosedRange<Int>, _ set: @escaping @Sendable (inout Configuration, Int) -> Void
    ) -> Setting {
        Setting(section: "storage", key: key) { text, target in
            guard let byteCount = SizeText.byteCount(text), allowed.contains(byteCount) else { return false }
            set(&target, byteCount)
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
