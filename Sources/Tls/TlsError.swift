/// Why a TLS connection, or what it needs, cannot be used.
///
/// Texts are libssl's own and name rules, never contents.
public struct TlsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong; one counter each.
    public enum Kind: Hashable, Sendable {
        /// The text given as certificates of authorities has none, or a damaged one.
        case unusableAuthorities
        /// The host is neither a DNS name nor an IP address.
        case invalidHost
        /// The peer's certificate does not prove that it is the host.
        case untrusted(Distrust)
        /// The peer speaks no version of TLS that is allowed here.
        case protocolVersion
        /// The peer wants none of the offered application protocols.
        case applicationProtocolRefused
        /// The peer gave up, with this alert.
        case alert(UInt8)
        /// What came breaks a rule of TLS, was altered on its way, or is no TLS at all.
        case malformed
        /// The transport ended before the peer said that it has sent everything.
        case truncated
    }

    /// Which check of the peer's certificate failed.
    public enum Distrust: Hashable, Sendable {
        case wrongHost, expired, notYetValid
        /// The certificate is its own authority.
        case selfSigned
        /// The chain leads to no authority that is trusted, or a signature in it does not hold.
        case unknownAuthority
        /// The certificate, or one above it, may not be used for this.
        case wrongPurpose
        /// Another check, by its number in OpenSSL's `x509_vfy.h`.
        case other(Int32)
    }

    /// What went wrong.
    public let kind: Kind
    /// OpenSSL's reason, for the log only; may be empty.
    public let reason: String

    /// The kind and the reason.
    public var description: String {
        let name = if case .untrusted(let distrust) = kind { "untrusted (\(distrust))" } else { "\(kind)" }
        return reason.isEmpty ? name : "\(name): \(reason)"
    }
}
