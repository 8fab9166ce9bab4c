import Http1

/// Adds the fields that prove who asks.
///
/// - Spec: AWS Signature Version 4 for S3, authorization by header, empty payload.
enum RequestSigner {
    private static let algorithm = "AWS4-HMAC-SHA256"
    private static let signedBesidesAmazons = ["host", "if-match", "range"]

    /// Signs a request without a body: adds `x-amz-*` and `authorization`.
    ///
    /// - Precondition: `head` has its host, its path is encoded and has no query.
    static func sign(
        _ head: inout RequestHead, region: String, credentials: Credentials, secondsSince1970: Int64
    ) {
        guard !credentials.isAnonymous else { return }
        let date = CivilDate(secondsSince1970: secondsSince1970)
        head.fields.append("x-amz-content-sha256", Digest.emptySHA256)
        head.fields.append("x-amz-date", date.timeText)
        if let token = credentials.sessionToken { head.fields.append("x-amz-security-token", token) }

        let signed = head.fields.all
            .filter { $0.name.hasPrefix("x-amz-") || signedBesidesAmazons.contains($0.name) }
            .sorted { $0.name < $1.name }
        let signedNames = signed.map(\.name).joined(separator: ";")
        let canonicalFields = signed.map { "\($0.name):\(canonicalValue($0.value))\n" }.joined()
        let canonicalRequest = [head.method, head.target, "", canonicalFields, signedNames, Digest.emptySHA256]
            .joined(separator: "\n")
        let scope = "\(date.dayText)/\(region)/s3/aws4_request"
        let textToSign = [
            algorithm, date.timeText, scope, Digest.hex(Digest.sha256(Array(canonicalRequest.utf8))),
        ].joined(separator: "\n")
        let key = credentials.signingKey(day: date.dayText, region: region)
        let signature = Digest.hex(key.hmacSHA256(textToSign.utf8))
        let accessKey = String(decoding: credentials.accessKey.copy, as: UTF8.self)
        head.fields.append(
            "authorization",
            "\(algorithm) Credential=\(accessKey)/\(scope),SignedHeaders=\(signedNames),Signature=\(signature)")
    }

    /// Runs of spaces become one.
    private static func canonicalValue(_ value: String) -> String {
        value.split(separator: " ").joined(separator: " ")
    }
}
