import COpenSSL

/// A key and a certificate for it, made by libcrypto for one test run.
@safe final class Identity: @unchecked Sendable {
    // Why unchecked: nothing changes after the initialiser.
    let key: OpaquePointer
    let certificate: OpaquePointer

    /// What the certificate says.
    struct Claims {
        var commonName = "test"
        /// As OpenSSL's configuration writes them: `DNS:a,IP:192.0.2.1`.
        var alternativeNames = "DNS:store.test"
        var isAuthority = false
        var purpose = "serverAuth"
        var validFrom = Moment.yearBefore
        var validUntil = Moment.yearAfter
        var keyKind = KeyKind.p256
    }

    enum KeyKind { case p256, rsa1024, rsa2048 }

    /// A certificate signed by `issuer`, or by itself.
    init(_ claims: Claims = Claims(), issuer: Identity? = nil) {
        let key = unsafe Self.makeKey(claims.keyKind)
        guard let certificate = unsafe X509_new() else { preconditionFailure("out of memory") }
        unsafe self.key = unsafe key
        unsafe self.certificate = unsafe certificate
        unsafe check(X509_set_version(certificate, 2))
        unsafe check(ASN1_INTEGER_set(X509_get_serialNumber(certificate), .random(in: 1...Int.max)))
        unsafe ASN1_TIME_set(X509_getm_notBefore(certificate), Int(claims.validFrom))
        unsafe ASN1_TIME_set(X509_getm_notAfter(certificate), Int(claims.validUntil))
        unsafe check(X509_set_pubkey(certificate, key))
        let name = unsafe X509_get_subject_name(certificate)
        unsafe check(
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, claims.commonName, -1, -1, 0))
        let issuerCertificate = unsafe issuer?.certificate ?? certificate
        unsafe check(X509_set_issuer_name(certificate, X509_get_subject_name(issuerCertificate)))
        add(NID_basic_constraints, claims.isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE")
        add(NID_subject_key_identifier, "hash")
        if claims.isAuthority {
            add(NID_key_usage, "critical,keyCertSign,cRLSign")
        } else {
            add(NID_ext_key_usage, claims.purpose)
        }
        if !claims.alternativeNames.isEmpty { add(NID_subject_alt_name, claims.alternativeNames) }
        precondition(unsafe X509_sign(certificate, issuer?.key ?? key, EVP_sha256()) > 0)
    }

    deinit {
        unsafe X509_free(certificate)
        unsafe EVP_PKEY_free(key)
    }

    /// The certificate as text.
    var pem: [UInt8] {
        let target = unsafe BIO_new(BIO_s_mem())
        defer { unsafe BIO_free(target) }
        unsafe check(PEM_write_bio_X509(target, certificate))
        return unsafe drain(target)
    }

    private func add(_ extensionID: Int32, _ value: String) {
        var context = unsafe X509V3_CTX()
        unsafe X509V3_set_ctx(&context, certificate, certificate, nil, nil, 0)
        let added = unsafe X509V3_EXT_conf_nid(nil, &context, extensionID, value)
        precondition(unsafe added != nil, "\(value)")
        unsafe check(X509_add_ext(certificate, added, -1))
        unsafe X509_EXTENSION_free(added)
    }

    private static func makeKey(_ kind: KeyKind) -> OpaquePointer {
        let maker = unsafe EVP_PKEY_CTX_new_id(kind == .p256 ? EVP_PKEY_EC : EVP_PKEY_RSA, nil)
        defer { unsafe EVP_PKEY_CTX_free(maker) }
        unsafe check(EVP_PKEY_keygen_init(maker))
        switch kind {
        case .p256: unsafe check(EVP_PKEY_CTX_set_group_name(maker, "P-256"))
        case .rsa1024: unsafe check(EVP_PKEY_CTX_set_rsa_keygen_bits(maker, 1024))
        case .rsa2048: unsafe check(EVP_PKEY_CTX_set_rsa_keygen_bits(maker, 2048))
        }
        var key: OpaquePointer?
        unsafe check(EVP_PKEY_keygen(maker, &key))
        guard let key = unsafe key else { preconditionFailure("no key") }
        return unsafe key
    }
}

/// Seconds since 1970.
enum Moment {
    static let now: Int64 = 1_900_000_000
    static let year: Int64 = 365 * 86_400
    static let yearBefore = now - year
    static let yearAfter = now + year
}

/// The authority that tests trust, and what it signed.
enum Known {
    static let authority = Identity(
        Identity.Claims(commonName: "known authority", alternativeNames: "", isAuthority: true))
    static let store = Identity(issuer: authority)
}

/// - Precondition: a call of libcrypto or libssl succeeded.
func check(_ result: some BinaryInteger) {
    precondition(result == 1, "OpenSSL refused a call")
}

/// All that a memory BIO holds.
@unsafe func drain(_ source: OpaquePointer?) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
        let count = unsafe BIO_read(source, &piece, Int32(piece.count))
        guard count > 0 else { return bytes }
        bytes += piece[..<Int(count)]
    }
}
