import Flight
import Grpc

/// What a call's path names.
enum Route {
    case flight(FlightMethod)
    case health(HealthService.Method)
    case unknown

    init(path: String) {
        if let method = FlightMethod(path: path) {
            self = .flight(method)
        } else if let method = HealthService.Method(path: path) {
            self = .health(method)
        } else {
            self = .unknown
        }
    }

    /// Whether a request has exactly one message.
    var expectsOneMessage: Bool {
        switch self {
        case .flight(let method): method.expectsOneMessage
        case .health: true
        case .unknown: false
        }
    }

    /// Why a call is refused before its message is read; nil when it is served.
    var refusal: Status? {
        switch self {
        case .flight(.doGet), .flight(.doAction), .flight(.listActions), .health: nil
        case .flight(let other): Status(.unimplemented, other.unimplementedMessage)
        case .unknown: Status(.unimplemented, "Unknown method")
        }
    }
}
