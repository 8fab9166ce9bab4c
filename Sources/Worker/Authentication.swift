import Grpc
import S3

/// Who may start scans: callers that know the worker secret and have signed the ticket with it.
///
/// - Spec: `docs/scan-task.md`, "Authentication".
struct Authentication: Sendable {
    /// Nil lets everybody in.
    let secret: [UInt8]?

    /// Checks the secret alone, for what is not signed.
    func check(metadata: Metadata) throws(Status) {
        guard let secret else { return }
        let given = Array((metadata.first("x-sqe-worker-secret") ?? "").utf8)
        guard Digest.areEqual(given, secret) else { throw Status(.unauthenticated, "Invalid worker secret") }
    }

    /// Checks the headers against the exact bytes of the ticket, before anything is parsed.
    func check(ticket: [UInt8], metadata: Metadata) throws(Status) {
        guard let secret else { return }
        try check(metadata: metadata)
        let signature = Array((metadata.first("x-sqe-scan-signature") ?? "").utf8)
        let expected = Array(Digest.hmacSHA256Hex(key: secret, message: ticket).utf8)
        guard Digest.areEqual(signature, expected) else {
            throw Status(.unauthenticated, "Invalid scan task signature")
        }
    }
}
