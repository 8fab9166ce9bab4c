import COpenSSL

/// What all connections of one core share: the rules, the trusted authorities, and the sessions that may be resumed.
///
/// The rules are fixed: TLS 1.3 or 1.2, suites with authenticated encryption and ephemeral elliptic-curve keys only, no
/// compression, no renegotiation, no early data, and the peer's chain and name are always verified.
///
/// - Spec: RFC 8446, RFC 5246, RFC 9325.
/// - Shape: used on one core only, as the sessions are kept without a lock; ``TrustAnchors`` is what cores share.
@safe public final class TlsContext {
    /// The names that ALPN offers, in order of preference.
    public let applicationProtocols: [String]

    let handle: OpaquePointer
    let transportMethod: OpaquePointer
    var sessions: SessionCache

    /// - Precondition: names of application protocols have 1 to 255 bytes; `sessionLimit`, the most hosts whose sessions
    ///   are kept, is positive.
    /// - Cost: allocates; reads OpenSSL's configuration when it is the first of the process.
    public init(anchors: TrustAnchors, applicationProtocols: [String], sessionLimit: Int = 64) {
        guard let handle = unsafe SSL_CTX_new(TLS_client_method()) else { preconditionFailure("no TLS context") }
        unsafe self.handle = unsafe handle
        unsafe transportMethod = unsafe makeTransportMethod()
        self.applicationProtocols = applicationProtocols
        sessions = SessionCache(limit: sessionLimit)
        setRules()
        offer(applicationProtocols)
        unsafe SSL_CTX_set1_cert_store(handle, anchors.store)
        // Kept by us alone: libssl's own store finds a session by its number, which a client does not know.
        unsafe shim_SSL_CTX_set_session_cache_mode(
            handle, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL)
        unsafe installSessionCallback(handle)
    }

    deinit {
        unsafe SSL_CTX_free(handle)
        unsafe BIO_meth_free(transportMethod)
    }

    private func setRules() {
        unsafe Self.check(shim_SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION))
        unsafe Self.check(
            SSL_CTX_set_ciphersuites(
                handle, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"))
        unsafe Self.check(
            SSL_CTX_set_cipher_list(
                handle,
                """
                ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
                ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
                ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
                """))
        // 112 bits: no RSA below 2048, no SHA-1 in a chain; the system's configuration might ask for less.
        unsafe SSL_CTX_set_security_level(handle, 2)
        unsafe SSL_CTX_set_options(handle, shim_SSL_OP_NO_COMPRESSION | shim_SSL_OP_NO_RENEGOTIATION)
        unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
    }

    private func offer(_ protocols: [String]) {
        var list: [UInt8] = []
        for name in protocols {
            precondition((1...255).contains(name.utf8.count))
            list.append(UInt8(name.utf8.count))
            list += name.utf8
        }
        // Unlike its siblings it answers 0 for success.
        if !list.isEmpty { unsafe Self.check(SSL_CTX_set_alpn_protos(handle, list, UInt32(list.count)) == 0 ? 1 : 0) }
    }

    private static func check(_ result: Int32) {
        precondition(result == 1, "libssl refused a rule")
    }
}
