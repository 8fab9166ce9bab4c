import Synchronization

/// The keys that requests are signed with.
///
/// - Ownership: the secret parts are wiped when the last reference goes; no description shows them.
public final class Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key of one day, region and service, derived from the secret.
    struct SigningKey: Sendable {
        let day: String
        let region: String
        let key: SecretBytes
    }

    let accessKey: SecretBytes
    private let secret: SecretBytes
    private let token: SecretBytes
    // Two cores meet here: morsels of one query sign with the same credentials.
    private let lastSigningKey = Mutex<SigningKey?>(nil)

    /// Keys; both empty means that requests are not signed.
    ///
    /// - Throws: `.invalidRequest` when only one is empty, or when a part cannot stand in a header field.
    public init(accessKey: String, secretKey: String, sessionToken: String?) throws(S3Error) {
        func printable(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } }
        guard printable(accessKey), accessKey.utf8.count <= 256, accessKey.isEmpty == secretKey.isEmpty else {
            throw .invalidRequest(field: "s3_access_key")
        }
        guard secretKey.utf8.count <= 1024 else { throw .invalidRequest(field: "s3_secret_key") }
        let sessionToken = sessionToken ?? ""
        guard printable(sessionToken), sessionToken.utf8.count <= 16 << 10 else {
            throw .invalidRequest(field: "s3_session_token")
        }
        self.accessKey = SecretBytes(accessKey.utf8)
        secret = SecretBytes(secretKey.utf8)
        token = SecretBytes(sessionToken.utf8)
    }

    /// Whether requests go out unsigned.
    public var isAnonymous: Bool { accessKey.count == 0 }

    /// Who signs, as SHA-256 of access key and session token: to tell principals apart where neither may be kept.
    public var principalDigest: [UInt8] { Digest.sha256(accessKey.copy + [0] + token.copy) }

    var sessionToken: String? { token.count == 0 ? nil : String(decoding: token.copy, as: UTF8.self) }

    /// The signing key of a day, from the last use or derived afresh.
    ///
    /// - Spec: AWS Signature Version 4, "Calculate the signature".
    func signingKey(day: String, region: String) -> SecretBytes {
        lastSigningKey.withLock { last in
            if let last, last.day == day, last.region == region { return last.key }
            var seed = Array("AWS4".utf8) + secret.copy
            var key = SecretBytes(seed)
            // The copy must not outlive its use in memory that someone else gets.
            for position in seed.indices { seed[position] = 0 }
            for part in [day, region, "s3", "aws4_request"] { key = SecretBytes(key.hmacSHA256(part.utf8)) }
            last = SigningKey(day: day, region: region, key: key)
            return key
        }
    }

    /// Shows nothing.
    public var description: String { "[redacted]" }
    /// Shows nothing.
    public var debugDescription: String { "[redacted]" }
    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
