import Bytes
import S3
import Testing

@testable import Reactor
@testable import Worker

@Suite("Metrics")
struct MetricsTests {
    private func lines(_ metrics: Metrics, _ cores: [Metrics.CoreReading] = []) -> [Substring] {
        metrics.exposition(cores, budget: MemoryBudget(limitByteCount: 1 << 30))
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Prometheus text format 0.0.4: a type line, then its samples; a line feed at the very end.
    @Test func theTextIsAnExposition() throws {
        let text = lines(Metrics())
        #expect(text.last == "")
        var type: (name: Substring, kind: Substring)?
        var seen: Set<Substring> = []
        for line in text.dropLast() {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            if line.hasPrefix("# TYPE ") {
                try #require(words.count == 4)
                #expect(seen.insert(words[2]).inserted, "twice: \(words[2])")
                #expect(["counter", "gauge", "histogram"].contains(words[3]))
                type = (words[2], words[3])
                continue
            }
            try #require(words.count == 2)
            let (name, kind) = try #require(type)
            #expect(Double(words[1]) != nil)
            let series = words[0].prefix { $0 != "{" }
            #expect(series.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
            if kind == "histogram" {
                #expect([name + "_bucket", name + "_sum", name + "_count"].contains(series))
            } else {
                #expect(series == name)
                #expect((kind == "counter") == name.hasSuffix("_total"))
            }
        }
    }

    @Test(arguments: [
        "sqe_worker_fragments_executed_total", "sqe_worker_rows_scanned_total", "sqe_worker_bytes_read_total",
        "sqe_worker_fragment_duration_seconds_count", "sqe_worker_footer_cache_hits_total",
        "sqe_worker_footer_cache_misses_total",
    ])
    func seriesThatOperatorsKnowAreThereFromTheStart(_ name: String) {
        #expect(lines(Metrics()).contains { $0 == "\(name) 0" })
    }

    @Test func endpointsAreLabelsAndNotTooMany() {
        let metrics = Metrics()
        for port in 1...UInt16(StoreMetricsByEndpoint.limit + 3) {
            let store = metrics.stores.metrics(of: Endpoint.Origin(isSecure: true, host: "minio", port: port))
            store.receivedBytes.add(10)
            store.whole.observe(0.02)
            store.countRetry(after: .timedOut(.firstByte))
        }
        let text = lines(metrics)
        let name = "sqe_worker_endpoint_received_bytes_total"
        #expect(text.contains("\(name){endpoint=\"minio:1\"} 10"))
        #expect(text.contains("\(name){endpoint=\"other\"} 30"))
        #expect(text.count { $0.hasPrefix(name + "{") } == StoreMetricsByEndpoint.limit + 1)
        #expect(text.contains("sqe_worker_endpoint_request_seconds_bucket{endpoint=\"minio:1\",le=\"0.025\"} 1"))
        #expect(text.contains("sqe_worker_endpoint_request_seconds_count{endpoint=\"other\"} 3"))
        #expect(text.contains("sqe_worker_endpoint_retries_total{endpoint=\"minio:1\",reason=\"time\"} 1"))
        #expect(text.contains("sqe_worker_endpoint_retries_total{endpoint=\"minio:1\",reason=\"answer\"} 0"))
        // All of them together.
        #expect(text.contains("sqe_worker_bytes_fetched_total \(10 * (StoreMetricsByEndpoint.limit + 3))"))
        #expect(text.contains("sqe_worker_store_retries_total{reason=\"time\"} \(StoreMetricsByEndpoint.limit + 3)"))
    }

    @Test func countersAndGauges() {
        let metrics = Metrics()
        metrics.rowsScanned.add(5)
        metrics.rowsScanned.add()
        metrics.openCalls.add(3)
        metrics.openCalls.add(-1)
        var sends = ZeroCopySends()
        for isCopied in [true, false, true] { sends.count(isCopied: isCopied) }
        let text = lines(
            metrics,
            [
                Metrics.CoreReading(systemCalls: 7, poolLentByteCount: 10, poolIdleByteCount: 100),
                Metrics.CoreReading(
                    systemCalls: 8, poolLentByteCount: 20, poolIdleByteCount: 200, zeroCopySends: sends),
            ])
        for line in [
            "sqe_worker_rows_scanned_total 6", "sqe_worker_open_calls 2", "sqe_worker_system_calls_total 15",
            "sqe_worker_zero_copy_sends_total 1", "sqe_worker_zero_copy_sends_copied_total 2",
            "sqe_worker_pool_lent_bytes 30", "sqe_worker_pool_idle_bytes 300",
        ] { #expect(text.contains { $0 == line }) }
    }

    /// Buckets are cumulative, include their bound, and the last one is the count.
    @Test func theHistogram() {
        let histogram = Metrics.Histogram()
        let durations: [Double] = [0, 0.0625, 0.25, 1, 1.5, 30, 31, 1024]
        for seconds in durations { histogram.observe(seconds) }
        let lines = histogram.series("d")
        let counts: [String: Int] = [
            "0.005": 1, "0.05": 1, "0.1": 2, "0.25": 3, "1.0": 4, "2.5": 5, "10.0": 5, "30.0": 6, "+Inf": 8,
        ]
        for (bound, count) in counts { #expect(lines.contains("d_bucket{le=\"\(bound)\"} \(count)")) }
        #expect(lines.count == Metrics.Histogram.bounds.count + 1 + 2)
        #expect(lines.last == "d_count 8")
        #expect(lines.contains("d_sum 1087.8125"))
    }
}
