/// Which endpoints tickets may name: a worker in a private network must not be led to whatever listens there.
///
/// - Spec: `docs/object-store.md`, "Where requests may go".
public struct EndpointRules: Hashable, Sendable {
    private struct Rule: Hashable, Sendable {
        /// In lower case; without the star of a suffix.
        var host: String
        var isSuffix: Bool
        /// Nil for any.
        var port: UInt16?

        func allows(_ host: String, _ port: UInt16) -> Bool {
            (self.port ?? port) == port && (isSuffix ? host.hasSuffix(self.host) : host == self.host)
        }
    }

    /// Nil allows every endpoint.
    private var rules: [Rule]?

    /// Every endpoint but those that are never an object store.
    public init() {}

    /// Endpoints between commas.
    ///
    /// - Shape: `host`, `host:port`, `*.suffix`, an address (IPv6 in brackets where a port follows); empty allows all.
    /// - Throws: `.invalidRequest` for what is none of these.
    public init(parsing text: String) throws(S3Error) {
        guard !text.isEmpty else { return }
        var rules: [Rule] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = Array(part.utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed())
            let isSuffix = word.starts(with: "*.".utf8)
            // An address of IPv6 has no brackets where it stands alone.
            let isBare = word.count { $0 == UInt8(ascii: ":") } > 1 && word.first != UInt8(ascii: "[")
            let bracketed = isBare ? Array("[".utf8) + word + Array("]".utf8) : word
            let authority = isSuffix ? Array(word.dropFirst(2)) : bracketed
            guard let (host, portText) = Endpoint.splitAuthority(authority[...]) else {
                throw .invalidRequest(field: "allowed_endpoints")
            }
            var rule = Rule(host: isSuffix ? "." + host : host, isSuffix: isSuffix)
            if let portText {
                guard let port = Endpoint.parsePort(portText) else { throw .invalidRequest(field: "allowed_endpoints") }
                rule.port = port
            }
            rules.append(rule)
        }
        self.rules = rules
    }

    /// Whether a ticket, or a redirect, may name this endpoint.
    public func allows(_ origin: Endpoint.Origin) -> Bool {
        rules?.contains { $0.allows(origin.host, origin.port) } ?? true
    }

    /// Whether this very address is listed, so that it may be one that is otherwise never an object store.
    public func lists(address: String, port: UInt16) -> Bool {
        rules?.contains { !$0.isSuffix && $0.allows(address, port) } ?? false
    }
}
