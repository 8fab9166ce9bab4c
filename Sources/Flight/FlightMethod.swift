/// The methods of the Flight service.
///
/// - Spec: Arrow `Flight.proto`.
public enum FlightMethod: String, CaseIterable, Sendable {
    case handshake = "Handshake"
    case listFlights = "ListFlights"
    case getFlightInfo = "GetFlightInfo"
    case pollFlightInfo = "PollFlightInfo"
    case getSchema = "GetSchema"
    case doGet = "DoGet"
    case doPut = "DoPut"
    case doExchange = "DoExchange"
    case doAction = "DoAction"
    case listActions = "ListActions"

    /// The service's full name.
    public static let service = "arrow.flight.protocol.FlightService"

    /// The method that a request's `:path` names.
    public init?(path: String) {
        let start = "/" + Self.service + "/"
        guard path.hasPrefix(start) else { return nil }
        self.init(rawValue: String(path.dropFirst(start.count)))
    }

    /// The `:path` of a request.
    public var path: String { "/" + Self.service + "/" + rawValue }

    /// Whether a request has exactly one message.
    public var expectsOneMessage: Bool {
        switch self {
        case .handshake, .doPut, .doExchange: false
        default: true
        }
    }

    /// What a worker says with UNIMPLEMENTED.
    public var unimplementedMessage: String {
        switch self {
        case .handshake: "Workers don't support handshake"
        case .listFlights: "Workers don't support list_flights"
        case .getFlightInfo: "Workers don't support get_flight_info"
        case .pollFlightInfo: "poll_flight_info"
        case .getSchema: "Workers don't support get_schema"
        case .doPut: "Workers don't support do_put"
        case .doExchange: "Workers don't support do_exchange"
        case .doGet, .doAction, .listActions: "Workers don't support \(rawValue)"
        }
    }
}
