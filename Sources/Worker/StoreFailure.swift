import Grpc
import Reactor
import S3
import Tls

/// Why one try of a request to a store failed.
enum StoreFailure: Error {
    /// What the store answered, or did wrong.
    case store(S3Error)
    /// Nobody could be reached, or the connection failed.
    case connection(KernelError)
    case name(ResolveError)
    case secure(TlsError)
    case timedOut(Delay)
    /// The endpoint is one that this worker does not talk to.
    case notAllowed(Endpoint.Origin)
    case cancelled

    /// What took too long.
    enum Delay {
        case connect, firstByte, progress, whole
    }

    /// Whether the connection has ended.
    var isEnd: Bool {
        switch self {
        case .connection, .store(.connectionClosed): true
        case .secure(let error): error.kind == .truncated
        default: false
        }
    }

    /// Whether it is the store's word on the request; see ``S3Error/isVerdict``.
    var isVerdict: Bool {
        if case .store(let error) = self { return error.isVerdict }
        return false
    }

    /// What the failure means for the next try.
    var error: S3Error {
        switch self {
        case .store(let error): error
        case .connection, .name, .timedOut: .connectionClosed
        case .secure(let error): error.isTransient ? .connectionClosed : .malformedResponse(.http("TLS"))
        case .notAllowed, .cancelled: .accessDenied
        }
    }
}

extension TlsError {
    /// Whether a new connection may fare better: the transport may have ended or garbled it, the peer is not another one.
    fileprivate var isTransient: Bool {
        switch kind {
        case .truncated, .alert, .malformed: true
        default: false
        }
    }
}

extension Status {
    init(storeFailure: StoreFailure, location: ObjectLocation) {
        let detail: String
        switch storeFailure {
        case .store(let error):
            self.init(storeError: error, location: location)
            return
        case .notAllowed(let origin):
            self.init(.permissionDenied, "the endpoint \(origin.host):\(origin.port) is not allowed")
            return
        case .cancelled:
            self.init(.cancelled, "the call was cancelled")
            return
        case .connection(let error): detail = error.code == 0 ? "the store closed the connection" : "\(error)"
        case .name(let error): detail = "\(error)"
        case .secure(let error): detail = "TLS: \(error)"
        case .timedOut(.connect): detail = "the store cannot be reached in time"
        case .timedOut(.firstByte): detail = "the store did not begin to answer in time"
        case .timedOut(.progress): detail = "the store stopped sending"
        case .timedOut(.whole): detail = "the store did not answer in time"
        }
        self = .scanFailure(.unavailable, "\(location): \(detail)")
    }
}
