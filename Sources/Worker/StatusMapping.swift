import Grpc
import Parquet
import S3

/// Which status each class of failure becomes. A client may repeat UNAVAILABLE, ABORTED and DEADLINE_EXCEEDED elsewhere; the
/// others are final for the ticket.
///
/// - Spec: `docs/scan-task.md`, "Errors".
extension Status {
    /// A failure of the scan itself, worded as the coordinator knows it.
    static func scanFailure(_ code: StatusCode, _ detail: String) -> Status {
        Status(code, "Scan execution failed: \(detail)")
    }

    init(parquetError: ParquetError, file: String) {
        let code: StatusCode =
            switch parquetError {
            case .malformed: .dataLoss
            case .unsupported: .unimplemented
            case .tooLarge: .resourceExhausted
            }
        self = .scanFailure(code, "\(file): \(parquetError)")
    }

    init(storeError: S3Error, location: ObjectLocation) {
        let (code, detail): (StatusCode, String) =
            switch storeError {
            case .invalidRequest(let field): (.invalidArgument, "`\(field)` cannot be used as given")
            case .plainHTTPNotAllowed: (.permissionDenied, "the endpoint is plain HTTP and `s3_allow_http` is not set")
            case .notFound(.bucket): (.notFound, "the bucket does not exist")
            case .notFound: (.notFound, "the object does not exist")
            case .accessDenied: (.permissionDenied, "access denied")
            case .unauthenticated(let fault): (.unauthenticated, fault.text)
            case .clockSkewed: (.unavailable, "the store's clock differs too much from this worker's")
            case .changed: (.aborted, "object changed during the scan")
            case .rangeNotSatisfiable: (.aborted, "object changed: it has become shorter")
            case .redirected(let status, let region, _):
                (.unavailable, "the store redirects (\(status)\(region.map { ", region \($0)" } ?? ""))")
            case .unavailable(let status, let code, _): (.unavailable, "the store answered \(status) \(code)")
            case .connectionClosed: (.unavailable, "the store closed the connection")
            case .rejected(let status, let code): (.invalidArgument, "the store refused: \(status) \(code)")
            case .malformedResponse(let defect): (.unavailable, "the store's answer is malformed: \(defect)")
            }
        self = .scanFailure(code, "\(location): \(detail)")
    }
}

extension S3Error.KeyFault {
    fileprivate var text: String {
        switch self {
        case .unknownAccessKey: "the access key is not known"
        case .signatureMismatch: "the secret key does not fit the access key"
        case .expiredToken: "credentials expired"
        case .invalidToken: "the session token is not valid"
        case .unnamed: "the keys are not accepted"
        }
    }
}
