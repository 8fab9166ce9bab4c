import S3
import Synchronization

/// What is counted of one endpoint.
final class StoreMetrics: Sendable {
    let receivedBytes = Metrics.Counter()
    let failedRequests = Metrics.Counter()
    let openConnections = Metrics.Counter()
    /// Seconds from the request to the head of its answer, and to its last byte.
    let firstByte = Metrics.Histogram()
    let whole = Metrics.Histogram()
}

/// The endpoints that were asked, each with its numbers.
///
/// - Shape: at most ``limit`` by name; all further ones share the label `other`, since tickets may name any number.
final class StoreMetricsByEndpoint: Sendable {
    static let limit = 16
    private static let otherLabel = "other"
    private let endpoints = Mutex<[String: StoreMetrics]>([:])

    func metrics(of origin: Endpoint.Origin) -> StoreMetrics {
        endpoints.withLock { endpoints in
            let label = "\(origin.host):\(origin.port)"
            if let known = endpoints[label] { return known }
            let isNamed = endpoints.count < Self.limit
            let name = isNamed ? label : Self.otherLabel
            let metrics = endpoints[name] ?? StoreMetrics()
            endpoints[name] = metrics
            return metrics
        }
    }

    /// Series with the label `endpoint`.
    func lines() -> [String] {
        let all = endpoints.withLock { $0.sorted { $0.key < $1.key } }
        func counters(_ name: String, _ kind: String, _ value: (StoreMetrics) -> Int) -> [String] {
            ["# TYPE \(name) \(kind)"] + all.map { "\(name){endpoint=\"\($0.key)\"} \(value($0.value))" }
        }
        func histograms(_ name: String, _ value: (StoreMetrics) -> Metrics.Histogram) -> [String] {
            ["# TYPE \(name) histogram"] + all.flatMap { value($0.value).series(name, label: "endpoint=\"\($0.key)\"") }
        }
        return counters("sqe_worker_store_received_bytes_total", "counter") { $0.receivedBytes.current }
            + counters("sqe_worker_store_failed_requests_total", "counter") { $0.failedRequests.current }
            + counters("sqe_worker_store_open_connections", "gauge") { $0.openConnections.current }
            + histograms("sqe_worker_store_first_byte_seconds") { $0.firstByte }
            + histograms("sqe_worker_store_request_seconds") { $0.whole }
    }
}
