import COpenSSL

/// The errors that OpenSSL leaves for the calling thread.
enum ErrorQueue {
    /// `ERR_clear_error`: what an earlier call left must not be taken for the next one's.
    static func clear() { ERR_clear_error() }

    /// Takes what the last call left, as an error of this kind.
    static func take(as kind: TlsError.Kind) -> TlsError {
        let code = ERR_peek_last_error()
        clear()
        return TlsError(kind: kind, reason: text(code))
    }

    /// Takes what the last call on a session left.
    ///
    /// - Shape: `verification` is what `SSL_get_verify_result` says of the peer's chain.
    static func takeSessionError(verification: Int) -> TlsError {
        // The last one is libssl's; those before it come from the parsers below.
        let code = ERR_peek_last_error()
        clear()
        guard ERR_GET_LIB(code) == ERR_LIB_SSL else { return TlsError(kind: .malformed, reason: text(code)) }
        let reason = ERR_GET_REASON(code)
        switch reason {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            return TlsError(
                kind: .untrusted(TlsError.Distrust(verification)),
                reason: unsafe String(cString: X509_verify_cert_error_string(verification)))
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, alertBase + SSL_AD_PROTOCOL_VERSION:
            return TlsError(kind: .protocolVersion, reason: text(code))
        case alertBase + SSL_AD_NO_APPLICATION_PROTOCOL:
            return TlsError(kind: .applicationProtocolRefused, reason: alertText(reason - alertBase))
        case alertBase...(alertBase + Int32(UInt8.max)):
            return TlsError(kind: .alert(UInt8(reason - alertBase)), reason: alertText(reason - alertBase))
        default: return TlsError(kind: .malformed, reason: text(code))
        }
    }

    /// A received alert is an error with the alert's number above this one.
    private static let alertBase = SSL_AD_REASON_OFFSET

    private static func text(_ code: UInt) -> String {
        guard let text = unsafe ERR_reason_error_string(code) else { return "" }
        return unsafe String(cString: text)
    }

    /// Why not the error's text: libssl has none for some alerts.
    private static func alertText(_ alert: Int32) -> String {
        unsafe String(cString: SSL_alert_desc_string_long(alert))
    }
}

extension TlsError.Distrust {
    /// - Shape: `verification` is one of the numbers `X509_V_ERR_…`.
    fileprivate init(_ verification: Int) {
        switch Int32(truncatingIfNeeded: verification) {
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: self = .wrongHost
        case X509_V_ERR_CERT_HAS_EXPIRED: self = .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: self = .notYetValid
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: self = .selfSigned
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
            X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_CERT_SIGNATURE_FAILURE:
            self = .unknownAuthority
        case X509_V_ERR_INVALID_PURPOSE, X509_V_ERR_INVALID_CA, X509_V_ERR_KEYUSAGE_NO_CERTSIGN: self = .wrongPurpose
        case let number: self = .other(number)
        }
    }
}
