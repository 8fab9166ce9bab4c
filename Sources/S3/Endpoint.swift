/// The object store to ask: scheme, host, port, region and how buckets are addressed.
public struct Endpoint: Hashable, Sendable {
    /// Where the bucket's name goes.
    public enum Addressing: Hashable, Sendable {
        /// Into the path; works with every store.
        case path
        /// In front of the host.
        case virtualHost
    }

    /// Whether TLS is used.
    public let isSecure: Bool
    /// A name or an address; IPv6 without brackets.
    public let host: String
    /// The TCP port.
    public let port: UInt16
    /// Stands in front of every path; empty, or begins with `/` and ends without.
    public let basePath: String
    /// What requests are signed for.
    public let region: String
    /// Where the bucket's name goes.
    public var addressing = Addressing.path

    private static let defaultRegion = "us-east-1"

    /// Reads an endpoint as a ticket has it.
    ///
    /// - Shape: `http://` or `https://`, host, optional port and base path; empty means AWS in that region; an empty
    ///   region means `us-east-1`.
    /// - Throws: `.invalidRequest` for user-info, query, fragment, another scheme or a malformed host, port or region;
    ///   `.plainHTTPNotAllowed`.
    public static func parse(_ text: String, region: String, allowHTTP: Bool) throws(S3Error) -> Endpoint {
        let region = region.isEmpty ? defaultRegion : region
        guard region.utf8.count <= 64, region.utf8.allSatisfy(isHostCharacter) else {
            throw .invalidRequest(field: "s3_region")
        }
        let invalid = S3Error.invalidRequest(field: "s3_endpoint")
        let text = text.isEmpty ? "https://s3.\(region).amazonaws.com" : text
        guard let (isSecure, rest) = splitScheme(text) else { throw invalid }
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        guard let (host, portText) = splitAuthority(rest[..<slash]) else { throw invalid }
        guard let port = portText.map({ parsePort($0) }) ?? (isSecure ? 443 : 80) else { throw invalid }
        var path = rest[slash...]
        guard path.allSatisfy({ UriPath.isUnreserved($0) || $0 == UInt8(ascii: "/") }) else { throw invalid }
        while path.last == UInt8(ascii: "/") { path.removeLast() }
        guard isSecure || allowHTTP else { throw .plainHTTPNotAllowed }
        return Endpoint(
            isSecure: isSecure, host: host, port: port, basePath: String(decoding: path, as: UTF8.self), region: region)
    }

    /// What the `Host` field says, and the path to ask for.
    func target(of location: ObjectLocation) -> (authority: String, path: String) {
        let key = UriPath.encode(location.key)
        return usesHost(for: location)
            ? (location.bucket + "." + authority, basePath + "/" + key)
            : (authority, basePath + "/" + UriPath.encode(location.bucket) + "/" + key)
    }

    /// A certificate covers one label in front of the store's name, and a bucket may have more, or no host's name at all.
    private func usesHost(for location: ObjectLocation) -> Bool {
        addressing == .virtualHost && location.isNamedLikeHost
    }

    /// Whom to connect to.
    public struct Origin: Hashable, Sendable {
        public let isSecure: Bool
        /// A name or an address; IPv6 without brackets.
        public let host: String
        public let port: UInt16

        public init(isSecure: Bool, host: String, port: UInt16) {
            self.isSecure = isSecure
            self.host = host
            self.port = port
        }
    }

    /// Whom to connect to for an object.
    public func origin(of location: ObjectLocation) -> Origin {
        let host = usesHost(for: location) ? location.bucket + "." + host : host
        return Origin(isSecure: isSecure, host: host, port: port)
    }

    /// Amazon's endpoints know buckets by host; whoever serves S3 elsewhere often does not, whatever the ticket says.
    public mutating func preferVirtualHosts() {
        if host.hasSuffix(".amazonaws.com") { addressing = .virtualHost }
    }

    /// Host and, unless it is the scheme's own, port.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The same store in another region; nil when the region cannot be one.
    ///
    /// - Spec: Amazon S3, "Permanent redirect": the answer's `x-amz-bucket-region` says where the bucket is.
    public func inRegion(_ region: String) -> Endpoint? {
        guard !region.isEmpty, region.utf8.count <= 64, region.utf8.allSatisfy(Self.isHostCharacter) else { return nil }
        let isAmazons = host == "s3.amazonaws.com" || Self.amazonRegion(of: host) != nil
        return Endpoint(
            isSecure: isSecure, host: isAmazons ? "s3.\(region).amazonaws.com" : host, port: port, basePath: basePath,
            region: region, addressing: addressing)
    }

    /// The region whose buckets one of Amazon's hosts serves, to who signs for it; nil for any other host.
    private static func amazonRegion(of host: String) -> String? {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count == 4, labels[0] == "s3", !labels[1].isEmpty, labels[2...] == ["amazonaws", "com"] else {
            return nil
        }
        return String(labels[1])
    }

    /// Where an answer sends us for an object; nil when that is no place we would send a signed request to: another host
    /// (other than Amazon's from Amazon's), less security, another path.
    ///
    /// - Spec: Amazon S3, "Temporary redirect".
    public func redirected(to place: String, for location: ObjectLocation) -> Endpoint? {
        guard let scheme = Self.splitScheme(place), scheme.isSecure || !isSecure else { return nil }
        let slash = scheme.rest.firstIndex(of: UInt8(ascii: "/")) ?? scheme.rest.endIndex
        guard let (name, portText) = Self.splitAuthority(scheme.rest[..<slash]),
            let port = portText.map({ Self.parsePort($0) }) ?? (scheme.isSecure ? 443 : 80)
        else { return nil }
        let path = String(decoding: scheme.rest[slash...].prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
        for addressing in [Addressing.path, .virtualHost] {
            let bucket = addressing == .virtualHost ? location.bucket + "." : ""
            guard name.hasPrefix(bucket) else { continue }
            let newHost = String(name.dropFirst(bucket.count))
            let endpoint = Endpoint(
                isSecure: scheme.isSecure, host: newHost, port: port, basePath: basePath,
                region: Self.amazonRegion(of: newHost) ?? region, addressing: addressing)
            let isOurs = endpoint.host == host && (port == self.port || scheme.isSecure != isSecure)
            let isAmazons = [endpoint.host, host].allSatisfy { $0.hasSuffix(".amazonaws.com") } && scheme.isSecure
            if isOurs || isAmazons, endpoint.target(of: location).path == path { return endpoint }
        }
        return nil
    }

    private static func splitScheme(_ text: String) -> (isSecure: Bool, rest: ArraySlice<UInt8>)? {
        let bytes = Array(text.utf8)
        for (scheme, isSecure) in [("https://", true), ("http://", false)] {
            let head = String(decoding: bytes.prefix(scheme.utf8.count), as: UTF8.self)
            if head.lowercased() == scheme { return (isSecure, bytes.dropFirst(scheme.utf8.count)) }
        }
        return nil
    }

    static func splitAuthority(_ bytes: ArraySlice<UInt8>) -> (host: String, port: ArraySlice<UInt8>?)? {
        let host: ArraySlice<UInt8>
        var rest: ArraySlice<UInt8>
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = bytes[(bytes.startIndex + 1)..<end]
            rest = bytes[(end + 1)...]
            guard host.contains(UInt8(ascii: ":")), host.count <= 45, host.allSatisfy(isAddressCharacter) else {
                return nil
            }
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            host = bytes[..<end]
            rest = bytes[end...]
            guard !host.isEmpty, host.count <= 253, host.allSatisfy(isHostCharacter) else { return nil }
        }
        var port: ArraySlice<UInt8>?
        if !rest.isEmpty {
            guard rest.removeFirst() == UInt8(ascii: ":") else { return nil }
            port = rest
        }
        return (String(decoding: host, as: UTF8.self).lowercased(), port)
    }

    static func parsePort(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...5).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
        else { return nil }
        return port
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        UriPath.isUnreserved(byte) && byte != UInt8(ascii: "~")
    }

    private static func isAddressCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
        }
    }
}
