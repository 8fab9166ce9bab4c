import COpenSSL

/// Whom a connection is meant for, as the certificate must name it.
struct PeerName {
    /// In lower case, without the root's dot: SNI and certificates have neither.
    let text: String

    /// - Throws: `.invalidHost` for what can be neither a DNS name nor an IP address.
    init(_ host: String) throws(TlsError) {
        var bytes = Array(host.utf8)
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        // Also keeps NUL out, at which C would see the end of the name.
        guard (1...253).contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw TlsError(kind: .invalidHost, reason: "")
        }
        text = String(decoding: bytes, as: UTF8.self).lowercased()
    }

    /// Makes the session accept only certificates for this name, and tells the server of it.
    ///
    /// - Spec: RFC 9525: names are in the alternative names only, a wildcard is a whole label. RFC 6066 section 3: an IP
    ///   address is not sent.
    func demand(of session: OpaquePointer) throws(TlsError) {
        let rules = unsafe SSL_get0_param(session)
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(rules, text) == 1 { return }
        ErrorQueue.clear()
        guard !text.utf8.contains(UInt8(ascii: ":")) else { throw TlsError(kind: .invalidHost, reason: "") }
        unsafe X509_VERIFY_PARAM_set_hostflags(
            rules, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard unsafe X509_VERIFY_PARAM_set1_host(rules, text, text.utf8.count) == 1,
            unsafe shim_SSL_set_tlsext_host_name(session, text) == 1
        else { throw ErrorQueue.take(as: .invalidHost) }
    }
}
