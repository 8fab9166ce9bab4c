/// Where a worker listens.
public struct WorkerAddress: Hashable, Sendable, CustomStringConvertible {
    private static let schemes = ["grpc://", "grpc+tcp://", "http://"]

    /// A name or an address as numbers, without brackets.
    public let host: String
    public let port: UInt16

    /// Reads `HOST:PORT`, `[IPV6]:PORT`, or either behind `grpc://`; nil when it is none of these.
    public init?(_ text: String) {
        var rest = text[...]
        if let scheme = Self.schemes.first(where: { text.hasPrefix($0) }) { rest = rest.dropFirst(scheme.count) }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard let colon = rest.lastIndex(of: ":") else { return nil }
        let digits = rest[rest.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits), port > 0
        else { return nil }
        var host = rest[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            // Without brackets nobody can tell the address from the port.
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }) else {
            return nil
        }
        self.host = String(host)
        self.port = port
    }

    /// As it stands in `:authority`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
