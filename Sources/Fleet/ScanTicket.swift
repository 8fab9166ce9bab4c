import Json

/// What a scan asks for, as a client says it.
///
/// - Spec: `docs/scan-task.md`.
public struct ScanTicket: Sendable {
    /// `s3://bucket/key`, or `file://` below the worker's local root.
    public var files: [String]
    /// Top-level columns in the wanted order; empty for all.
    public var columns: [String]
    /// How the worker reaches the object store.
    public var store: StoreAccess

    public init(files: [String], columns: [String], store: StoreAccess) {
        self.files = files
        self.columns = columns
        self.store = store
    }

    /// The bytes of the ticket; they hold the keys.
    ///
    /// - Parameter fragmentID: names the scan in the worker's log.
    public func encoded(fragmentID: String) -> [UInt8] {
        JSONValue.object([
            .init("version", .integer(1)),
            .init("fragment_id", .string(fragmentID)),
            .init("data_file_paths", .array(files.map(JSONValue.string))),
            .init("projected_columns", .array(columns.map(JSONValue.string))),
            .init("s3_endpoint", .string(store.endpoint)),
            .init("s3_region", .string(store.region)),
            .init("s3_access_key", .string(store.accessKey)),
            .init("s3_secret_key", .string(store.secretKey)),
            .init("s3_session_token", .string(store.sessionToken)),
            .init("s3_path_style", .boolean(true)),
            .init("s3_allow_http", .boolean(store.endpoint.lowercased().hasPrefix("http://"))),
        ]).encoded()
    }

    /// A fresh name for one scan, in the shape of a UUID.
    ///
    /// - Spec: RFC 9562, version 4.
    static func makeFragmentID() -> String {
        let high = UInt64.random(in: .min ... .max) & ~0xf000 | 0x4000
        let low = UInt64.random(in: .min ... .max) & ~(3 << 62) | 1 << 63
        let digits = [high, low].map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var groups: [Substring] = []
        var rest = digits[...]
        for count in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return groups.joined(separator: "-")
    }
}

/// Endpoint and keys of an object store. Printing it shows no key.
public struct StoreAccess: Sendable, CustomStringConvertible, CustomReflectable {
    /// Empty for AWS.
    public var endpoint: String
    public var region: String
    public var accessKey: String
    public var secretKey: String
    public var sessionToken: String

    /// What is not given comes from the environment: AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
    ///
    /// A session token belongs to its keys, so it is taken from there only together with them.
    public init(
        endpoint: String? = nil, region: String? = nil, accessKey: String? = nil, secretKey: String? = nil,
        sessionToken: String? = nil, environment: [String: String]
    ) {
        self.endpoint = endpoint ?? environment["AWS_ENDPOINT_URL"] ?? ""
        self.region = region ?? environment["AWS_REGION"] ?? "us-east-1"
        self.accessKey = accessKey ?? environment["AWS_ACCESS_KEY_ID"] ?? ""
        self.secretKey = secretKey ?? environment["AWS_SECRET_ACCESS_KEY"] ?? ""
        self.sessionToken = sessionToken ?? (accessKey == nil ? environment["AWS_SESSION_TOKEN"] : nil) ?? ""
    }

    public var description: String { "store at \(endpoint.isEmpty ? "AWS" : endpoint)" }
    public var customMirror: Mirror { Mirror(self, children: ["endpoint": endpoint, "region": region]) }
}
