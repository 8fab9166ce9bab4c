import Json
import S3

/// Newer keys for a running scan, as the coordinator's `refresh_credentials` action has them.
///
/// - Spec: `docs/scan-task.md`, "Refreshing keys".
struct RefreshedCredentials {
    let fragmentID: String
    let credentials: Credentials

    init(_ message: [UInt8]) throws(ScanTaskError) {
        let root: JSONNode
        do throws(JSONError) {
            root = try JSONDocument(parsing: message).root
        } catch { throw .malformed(error.description) }
        guard root.kind == .object else { throw .malformed("the message is not an object") }
        let fields = TicketFields(root: root)
        fragmentID = try fields.requiredString("fragment_id")
        let accessKey = try fields.requiredString("access_key_id")
        let secretKey = try fields.requiredString("secret_access_key")
        let token = try fields.requiredString("session_token")
        // When they expire is the store's to say.
        _ = try fields.requiredString("expiry")
        credentials = try TicketFields.credentials(accessKey, secretKey, token)
    }
}
