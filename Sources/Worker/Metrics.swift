import Bytes
import Reactor
import S3
import Synchronization

/// What the process counts, shared by all cores.
///
/// - Cost: a relaxed atomic addition for each batch, call or request, never for each value.
final class Metrics: Sendable {
    /// A number that only grows, or (a gauge) goes up and down.
    final class Counter: Sendable {
        private let value = Atomic<Int>(0)

        func add(_ amount: Int = 1) { value.add(amount, ordering: .relaxed) }

        var current: Int { value.load(ordering: .relaxed) }
    }

    let scansCompleted = Counter()
    let scansFailed = Counter()
    let rowsScanned = Counter()
    /// Sizes of the files of completed scans, as the metric's name has always meant.
    let fileBytesRead = Counter()
    /// Handshakes of TLS with stores that are under way.
    let storeHandshakes = Counter()
    /// Files whose footer was looked up, and whether it was known.
    let footerCacheHits = Counter()
    let footerCacheMisses = Counter()
    /// Known footers whose file turned out to be another.
    let footerCacheChanges = Counter()
    /// What the footers that are kept are taken to need.
    let footerCacheBytes = Counter()
    let batchesSent = Counter()
    let bodyBytesSent = Counter()
    /// Body bytes that the kernel took from the very block that the decoder wrote.
    let bodyBytesInPlace = Counter()
    let bytesSent = Counter()
    let callsStarted = Counter()
    let openCalls = Counter()
    let openConnections = Counter()
    let connectionsRefused = Counter()
    let healthChecks = Counter()
    /// Turns of decoding that a core took for the scan of another.
    let lentTurns = Counter()
    /// Ranges that a core read for the scan of another.
    let lentReads = Counter()
    /// Log lines that were left out; see ``PeerLog``.
    let logLinesSuppressed = Counter()
    /// Scans that had to wait for their share of the memory budget.
    let memoryWaits = Counter()
    let fragmentDuration = Histogram()
    let stores = StoreMetricsByEndpoint()

    /// Seconds in the buckets of the contract.
    final class Histogram: Sendable {
        static let bounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

        private let state = Mutex((counts: [Int](repeating: 0, count: bounds.count + 1), sum: 0.0))

        func observe(_ seconds: Double) {
            let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
            state.withLock {
                $0.counts[bucket] += 1
                $0.sum += seconds
            }
        }

        func observe(nanoseconds: UInt64) { observe(Double(nanoseconds) / 1e9) }

        /// Its series, without their type.
        ///
        /// - Parameter label: one label with its value, or nothing.
        func series(_ name: String, label: String = "") -> [String] {
            let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
            var lines: [String] = []
            var total = 0
            for (count, bound) in zip(counts, Self.bounds.map { "\($0)" } + ["+Inf"]) {
                total += count
                lines.append("\(name)_bucket{\(label.isEmpty ? "" : label + ",")le=\"\(bound)\"} \(total)")
            }
            let labels = label.isEmpty ? "" : "{\(label)}"
            return lines + ["\(name)_sum\(labels) \(sum)", "\(name)_count\(labels) \(total)"]
        }
    }

    /// What must be asked of the cores themselves.
    struct CoreReading: Sendable {
        var systemCalls: UInt64 = 0
        var poolLentByteCount = 0
        var poolIdleByteCount = 0
        var turns = TurnTimes()
        var zeroCopySends = ZeroCopySends()
    }

    /// The text that Prometheus reads.
    ///
    /// - Spec: Prometheus text exposition format 0.0.4.
    func exposition(_ cores: [CoreReading], budget: MemoryBudget) -> String {
        let counters: [(String, Int)] = [
            ("sqe_worker_fragments_executed_total", scansCompleted.current),
            ("sqe_worker_fragments_failed_total", scansFailed.current),
            ("sqe_worker_rows_scanned_total", rowsScanned.current),
            ("sqe_worker_bytes_read_total", fileBytesRead.current),
            ("sqe_worker_bytes_fetched_total", stores.total(\.receivedBytes)),
            ("sqe_worker_bytes_wanted_total", stores.total(\.wantedBytes)),
            ("sqe_worker_store_requests_total", stores.total(\.requests)),
            ("sqe_worker_store_connections_total", stores.total(\.connections)),
            ("sqe_worker_store_retries_total{reason=\"answer\"}", stores.total(\.retriesAnswered)),
            ("sqe_worker_store_retries_total{reason=\"connection\"}", stores.total(\.retriesDisconnected)),
            ("sqe_worker_store_retries_total{reason=\"time\"}", stores.total(\.retriesTimedOut)),
            ("sqe_worker_store_retries_refused_total", stores.total(\.retriesRefused)),
            ("sqe_worker_store_hedges_total", stores.total(\.hedges)),
            ("sqe_worker_store_hedges_won_total", stores.total(\.hedgesWon)),
            ("sqe_worker_footer_cache_hits_total", footerCacheHits.current),
            ("sqe_worker_footer_cache_misses_total", footerCacheMisses.current),
            ("sqe_worker_footer_cache_changes_total", footerCacheChanges.current),
            ("sqe_worker_batches_sent_total", batchesSent.current),
            ("sqe_worker_body_bytes_sent_total", bodyBytesSent.current),
            ("sqe_worker_body_bytes_in_place_total", bodyBytesInPlace.current),
            ("sqe_worker_bytes_sent_total", bytesSent.current),
            ("sqe_worker_calls_total", callsStarted.current),
            ("sqe_worker_health_checks_total", healthChecks.current),
            ("sqe_worker_connections_refused_total", connectionsRefused.current),
            ("sqe_worker_lent_turns_total", lentTurns.current),
            ("sqe_worker_lent_reads_total", lentReads.current),
            ("sqe_worker_memory_waits_total", memoryWaits.current),
            ("sqe_worker_log_lines_suppressed_total", logLinesSuppressed.current),
            ("sqe_worker_long_turns_total", cores.reduce(0) { $0 + $1.turns.longCount }),
            ("sqe_worker_zero_copy_sends_total", cores.reduce(0) { $0 + $1.zeroCopySends.uncopiedCount }),
            ("sqe_worker_zero_copy_sends_copied_total", cores.reduce(0) { $0 + $1.zeroCopySends.copiedCount }),
            ("sqe_worker_system_calls_total", cores.reduce(0) { $0 + Int($1.systemCalls) }),
        ]
        let gauges: [(String, Int)] = [
            ("sqe_worker_open_calls", openCalls.current),
            ("sqe_worker_open_connections", openConnections.current),
            ("sqe_worker_store_handshakes_under_way", storeHandshakes.current),
            ("sqe_worker_pool_lent_bytes", cores.reduce(0) { $0 + $1.poolLentByteCount }),
            ("sqe_worker_pool_idle_bytes", cores.reduce(0) { $0 + $1.poolIdleByteCount }),
            ("sqe_worker_footer_cache_bytes", footerCacheBytes.current),
            ("sqe_worker_memory_limit_bytes", budget.limitByteCount),
            ("sqe_worker_memory_committed_bytes", budget.committedByteCount),
            ("sqe_worker_memory_largest_committed_bytes", budget.largestCommittedByteCount),
            ("sqe_worker_memory_waiting_scans", budget.waitingCount),
            ("sqe_worker_longest_turn_microseconds", cores.map { Int($0.turns.longestNanoseconds / 1000) }.max() ?? 0),
        ]
        var lines: [String] = []
        var lastFamily = ""
        for (name, value) in counters {
            let family = String(name.prefix { $0 != "{" })
            if family != lastFamily { lines.append("# TYPE \(family) counter") }
            lines.append("\(name) \(value)")
            lastFamily = family
        }
        for (name, value) in gauges { lines += ["# TYPE \(name) gauge", "\(name) \(value)"] }
        lines.append("# TYPE sqe_worker_fragment_duration_seconds histogram")
        lines += fragmentDuration.series("sqe_worker_fragment_duration_seconds")
        lines += stores.lines()
        return lines.joined(separator: "\n") + "\n"
    }
}
