import S3
import Synchronization

/// What is counted of one endpoint.
final class StoreMetrics: Sendable {
    /// All tries and copies.
    let requests = Metrics.Counter()
    let failedRequests = Metrics.Counter()
    /// Requests sent again, by what went wrong: the store's answer, the connection, time.
    let retriesAnswered = Metrics.Counter()
    let retriesDisconnected = Metrics.Counter()
    let retriesTimedOut = Metrics.Counter()
    /// Requests not sent again, because there were too many retries lately.
    let retriesRefused = Metrics.Counter()
    /// Second copies of slow requests, and how many of them were answered first.
    let hedges = Metrics.Counter()
    let hedgesWon = Metrics.Counter()
    /// Connections made.
    let connections = Metrics.Counter()
    let openConnections = Metrics.Counter()
    /// Requests that have a connection, or make one.
    let turnsTaken = Metrics.Counter()
    let receivedBytes = Metrics.Counter()
    /// Bytes of column chunks that were wanted of what was received: the rest lay between them, or came twice.
    let wantedBytes = Metrics.Counter()
    /// Seconds from the request to the head of its answer, and to its last byte.
    let firstByte = Metrics.Histogram()
    let whole = Metrics.Histogram()

    func countRetry(after failure: StoreFailure) {
        switch failure {
        case .store(.connectionClosed): retriesDisconnected.add()
        case .store: retriesAnswered.add()
        case .timedOut: retriesTimedOut.add()
        default: retriesDisconnected.add()
        }
    }
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

    /// The sum over all endpoints.
    func total(_ counter: KeyPath<StoreMetrics, Metrics.Counter>) -> Int {
        endpoints.withLock { $0.values.reduce(0) { $0 + $1[keyPath: counter].current } }
    }

    /// Series with the label `endpoint`.
    func lines() -> [String] {
        let all = endpoints.withLock { $0.sorted { $0.key < $1.key } }
        /// - Parameter values: each with a further label, or nothing.
        func numbers(
            _ name: String, _ kind: String, _ values: (StoreMetrics) -> [(label: String, counter: Metrics.Counter)]
        ) -> [String] {
            ["# TYPE \(name) \(kind)"]
                + all.flatMap { endpoint, store in
                    values(store).map { "\(name){endpoint=\"\(endpoint)\"\($0.label)} \($0.counter.current)" }
                }
        }
        func histograms(_ name: String, _ value: (StoreMetrics) -> Metrics.Histogram) -> [String] {
            ["# TYPE \(name) histogram"] + all.flatMap { value($0.value).series(name, label: "endpoint=\"\($0.key)\"") }
        }
        return numbers("sqe_worker_endpoint_requests_total", "counter") { [("", $0.requests)] }
            + numbers("sqe_worker_endpoint_failed_requests_total", "counter") { [("", $0.failedRequests)] }
            + numbers("sqe_worker_endpoint_retries_total", "counter") {
                [
                    (",reason=\"answer\"", $0.retriesAnswered), (",reason=\"connection\"", $0.retriesDisconnected),
                    (",reason=\"time\"", $0.retriesTimedOut),
                ]
            }
            + numbers("sqe_worker_endpoint_retries_refused_total", "counter") { [("", $0.retriesRefused)] }
            + numbers("sqe_worker_endpoint_hedges_total", "counter") { [("", $0.hedges)] }
            + numbers("sqe_worker_endpoint_hedges_won_total", "counter") { [("", $0.hedgesWon)] }
            + numbers("sqe_worker_endpoint_connections_total", "counter") { [("", $0.connections)] }
            + numbers("sqe_worker_endpoint_open_connections", "gauge") { [("", $0.openConnections)] }
            + numbers("sqe_worker_endpoint_requests_under_way", "gauge") { [("", $0.turnsTaken)] }
            + numbers("sqe_worker_endpoint_received_bytes_total", "counter") { [("", $0.receivedBytes)] }
            + numbers("sqe_worker_endpoint_wanted_bytes_total", "counter") { [("", $0.wantedBytes)] }
            + histograms("sqe_worker_endpoint_first_byte_seconds") { $0.firstByte }
            + histograms("sqe_worker_endpoint_request_seconds") { $0.whole }
    }
}
