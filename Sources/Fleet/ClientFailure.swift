import Arrow
import Grpc
import Reactor

/// Why a command failed, for the last line on standard error.
struct ClientFailure: Error, Hashable, CustomStringConvertible {
    /// A gRPC status by its name, or whose fault it is on this side.
    var name: String
    var message: String

    init(_ name: String, _ message: String) {
        self.name = name
        self.message = message
    }

    /// How a call ended.
    init(_ status: Status) {
        self.init(status.code.name, status.message)
    }

    /// A message of the worker that is no Arrow, or none that is read here.
    init(_ error: ArrowError) {
        var name = "BAD_DATA"
        if case .unsupported = error { name = "UNSUPPORTED" }
        self.init(name, "\(error)")
    }

    /// Something about the file at `path`.
    init(path: String, _ error: KernelError) {
        self.init("FILE", "\(path): \(error)")
    }

    /// One line whatever the worker wrote into its message.
    var description: String { TerminalText.oneLine("\(name): \(message)") }
}

extension StatusCode {
    /// The name in gRPC's own list.
    ///
    /// - Spec: gRPC "Status codes and their use in gRPC".
    var name: String {
        switch self {
        case .ok: "OK"
        case .cancelled: "CANCELLED"
        case .unknown: "UNKNOWN"
        case .invalidArgument: "INVALID_ARGUMENT"
        case .deadlineExceeded: "DEADLINE_EXCEEDED"
        case .notFound: "NOT_FOUND"
        case .alreadyExists: "ALREADY_EXISTS"
        case .permissionDenied: "PERMISSION_DENIED"
        case .resourceExhausted: "RESOURCE_EXHAUSTED"
        case .failedPrecondition: "FAILED_PRECONDITION"
        case .aborted: "ABORTED"
        case .outOfRange: "OUT_OF_RANGE"
        case .unimplemented: "UNIMPLEMENTED"
        case .internalError: "INTERNAL"
        case .unavailable: "UNAVAILABLE"
        case .dataLoss: "DATA_LOSS"
        case .unauthenticated: "UNAUTHENTICATED"
        }
    }
}
