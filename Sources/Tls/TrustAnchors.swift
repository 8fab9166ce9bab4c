import COpenSSL

/// The authorities whose word is taken for who a peer is; read once, shared by the contexts of all cores.
///
/// Why `@unchecked Sendable`: nothing is added after the initialiser, and OpenSSL locks the store itself.
@safe public final class TrustAnchors: @unchecked Sendable {
    /// Where distributions keep all authorities in one file.
    private static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    ]

    let store: OpaquePointer

    /// The system's authorities, if wanted, and those in `pem`.
    ///
    /// - Shape: `pem` holds any number of certificates, with other text between them. Each is an anchor, also one that is
    ///   not its own authority; empty adds none.
    /// - Throws: `.unusableAuthorities` when `pem` is not empty and has no certificate, or a damaged one.
    /// - Cost: reads files when `system` is true.
    public init(system: Bool, pem: [UInt8]) throws(TlsError) {
        guard let store = unsafe X509_STORE_new() else { preconditionFailure("out of memory") }
        unsafe self.store = unsafe store
        // What the operator names is trusted as it is, even where it is an authority between others.
        unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        if system { loadSystem() }
        if !pem.isEmpty { try load(pem) }
    }

    deinit {
        unsafe X509_STORE_free(store)
    }

    /// Why a bundle first: OpenSSL's own default may be a folder, and that is looked into during handshakes. Where the
    /// environment names a file or a folder, OpenSSL's own rules hold instead.
    private func loadSystem() {
        let isOverridden =
            unsafe shim_environment_has(X509_get_default_cert_file_env()) != 0
            || shim_environment_has(X509_get_default_cert_dir_env()) != 0
        let isLoaded = !isOverridden && Self.bundles.contains { unsafe X509_STORE_load_file(store, $0) == 1 }
        if !isLoaded { unsafe X509_STORE_set_default_paths(store) }
        ErrorQueue.clear()
    }

    private func load(_ pem: [UInt8]) throws(TlsError) {
        guard let count = Int32(exactly: pem.count) else { throw TlsError(kind: .unusableAuthorities, reason: "") }
        ErrorQueue.clear()
        let isComplete = unsafe pem.withUnsafeBytes { bytes in
            let source = unsafe BIO_new_mem_buf(bytes.baseAddress, count)
            defer { unsafe BIO_free(source) }
            var isEmpty = true
            // The callback refuses to ask for a passphrase: the default one would ask at the terminal.
            while let certificate = unsafe PEM_read_bio_X509(source, nil, { _, _, _, _ in -1 }, nil) {
                defer { unsafe X509_free(certificate) }
                guard unsafe X509_STORE_add_cert(store, certificate) == 1 else { return false }
                isEmpty = false
            }
            return !isEmpty && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        }
        guard isComplete else { throw ErrorQueue.take(as: .unusableAuthorities) }
        ErrorQueue.clear()
    }
}
