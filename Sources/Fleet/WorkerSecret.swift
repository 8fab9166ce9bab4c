import Grpc
import S3

/// The secret that client and worker share.
///
/// - Spec: `docs/scan-task.md`, "Authentication".
public struct WorkerSecret: Sendable, CustomStringConvertible, CustomReflectable {
    static let secretField = "x-sqe-worker-secret"
    private static let signatureField = "x-sqe-scan-signature"
    private let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The request fields that let a ticket in.
    func metadata(for ticket: [UInt8]) -> Metadata {
        let signature = Digest.hmacSHA256Hex(key: Array(text.utf8), message: ticket)
        return [(Self.secretField, text), (Self.signatureField, signature)]
    }

    public var description: String { "worker secret" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
