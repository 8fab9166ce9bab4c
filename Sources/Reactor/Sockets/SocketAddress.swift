import Glibc

/// Where a socket connects to or listens: an IPv4 or IPv6 address and a port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// A `sockaddr_in` or `sockaddr_in6`, byte for byte.
    let bytes: [UInt8]
    let family: Int32

    /// Reads numbers only, such as "127.0.0.1" or "::1"; never asks a name server.
    public init?(numeric host: String, port: UInt16) {
        guard let first = try? Self.lookUp(host: host, port: port, flags: AI_NUMERICHOST).first else { return nil }
        self = first
    }

    @unsafe init?(_ address: UnsafePointer<sockaddr>, byteCount: Int) {
        family = unsafe Int32(address.pointee.sa_family)
        guard family == AF_INET || family == AF_INET6 else { return nil }
        unsafe bytes = [UInt8](UnsafeRawBufferPointer(start: address, count: byteCount))
    }

    /// The address without the port, as numbers.
    public var host: String { nameInfo.host }
    public var port: UInt16 { UInt16(nameInfo.port) ?? 0 }

    public var description: String { family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether no request may ever go here unless an operator says so: link-local addresses, where machines have their
    /// metadata services, multicast and the unspecified address.
    ///
    /// - Spec: RFC 6890 and RFC 4291; IPv4 addresses inside IPv6 ones count as what they are.
    public var isNeverRemote: Bool {
        if family == AF_INET { return Self.isNeverRemote(v4: bytes[4..<8]) }
        let address = bytes[8..<24]
        let start = address.startIndex
        let isMapped = address[..<(start + 10)].allSatisfy { $0 == 0 } && address[start + 10] == 0xff
        if isMapped { return Self.isNeverRemote(v4: address[(start + 12)...]) }
        let isLinkLocal = address[start] == 0xfe && address[start + 1] & 0xc0 == 0x80
        return isLinkLocal || address[start] == 0xff || address.allSatisfy { $0 == 0 }
    }

    private static func isNeverRemote(v4 address: ArraySlice<UInt8>) -> Bool {
        let start = address.startIndex
        let isLinkLocal = address[start] == 169 && address[start + 1] == 254
        return isLinkLocal || (224..<240).contains(address[start]) || address[start] == 0
    }

    private var nameInfo: (host: String, port: String) {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var service = [CChar](repeating: 0, count: 32)
        let status = unsafe withUnsafeAddress { address, byteCount in
            unsafe getnameinfo(
                address, socklen_t(byteCount), &host, socklen_t(host.count), &service, socklen_t(service.count),
                NI_NUMERICHOST | NI_NUMERICSERV)
        }
        guard status == 0 else { return ("unknown", "0") }
        return (Self.text(host), Self.text(service))
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    @unsafe func withUnsafeAddress<Result>(_ body: (UnsafePointer<sockaddr>, Int) -> Result) -> Result {
        unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { preconditionFailure("an address without bytes") }
            return unsafe body(base.assumingMemoryBound(to: sockaddr.self), raw.count)
        }
    }

    /// All addresses of a name, in the system's order of preference. May block for long: see ``Resolver``.
    static func lookUp(host: String, port: UInt16, flags: Int32) throws(ResolveError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = flags | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            throw ResolveError(host: host, reason: unsafe String(cString: gai_strerror(status)))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = unsafe list
        while let current = unsafe entry {
            if let address = unsafe current.pointee.ai_addr,
                let known = unsafe SocketAddress(address, byteCount: Int(current.pointee.ai_addrlen))
            {
                addresses.append(known)
            }
            unsafe entry = current.pointee.ai_next
        }
        return addresses
    }
}

/// A name has no address.
public struct ResolveError: Error, Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let reason: String

    public var description: String { "cannot resolve \(host): \(reason)" }
}
