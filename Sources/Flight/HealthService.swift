/// The standard health service, which load balancers and probes ask beside Flight.
///
/// Why here: its two messages need the same field reader, and it reports on the Flight service.
///
/// - Spec: gRPC "Health Checking Protocol", `grpc.health.v1`.
public enum HealthService {
    /// Its methods.
    public enum Method: String, CaseIterable, Sendable {
        case check = "Check"
        case watch = "Watch"

        /// The method that a request's `:path` names.
        public init?(path: String) {
            let start = "/" + HealthService.name + "/"
            guard path.hasPrefix(start) else { return nil }
            self.init(rawValue: String(path.dropFirst(start.count)))
        }

        /// The `:path` of a request.
        public var path: String { "/" + HealthService.name + "/" + rawValue }
    }

    /// What is answered.
    public enum ServingStatus: UInt8, Sendable {
        case unknown = 0
        case serving = 1
        case notServing = 2
        /// In a watch only; a check answers NOT_FOUND.
        case serviceUnknown = 3

        /// The message `HealthCheckResponse`.
        public func encode() -> [UInt8] {
            let statusField: UInt8 = 1 << 3
            return self == .unknown ? [] : [statusField, rawValue]
        }
    }

    /// The service's full name.
    public static let name = "grpc.health.v1.Health"

    /// Reads the service that a `HealthCheckRequest` asks about; empty means the whole server.
    public static func decodeRequest(_ message: [UInt8]) throws(FlightError) -> String {
        let fields = try lengthDelimitedFields(message, wanted: 1...1)
        guard let service = String(validating: fields[0], as: UTF8.self) else { throw .notText(field: 1) }
        return service
    }
}
