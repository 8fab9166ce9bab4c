import COpenSSL

/// What all connections of a test server share, tickets among it.
@safe final class ServerContext {
    /// What the server makes of an ALPN offer.
    enum ProtocolChoice {
        case ignores, refuses
        case picks(String)
    }

    let handle: OpaquePointer
    private let choice: [UInt8]
    private let choiceMemory: UnsafeMutableBufferPointer<UInt8>

    /// - Shape: `cipherList` is for TLS 1.2 and older; `versions` are numbers of the protocol.
    init(
        _ identity: Identity = Known.store, chain: [Identity] = [],
        versions: ClosedRange<Int32> = TLS1_2_VERSION...TLS1_3_VERSION,
        cipherList: String = "ALL:@SECLEVEL=0", choice: ProtocolChoice = .ignores
    ) {
        guard let handle = unsafe SSL_CTX_new(TLS_server_method()) else { preconditionFailure("no context") }
        unsafe self.handle = unsafe handle
        if case .picks(let name) = choice { self.choice = Array(name.utf8) } else { self.choice = [] }
        unsafe choiceMemory = .allocate(capacity: max(self.choice.count, 1))
        _ = unsafe choiceMemory.initialize(from: self.choice)
        unsafe check(SSL_CTX_set_cipher_list(handle, cipherList))
        unsafe check(SSL_CTX_ctrl(handle, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(versions.lowerBound), nil))
        unsafe check(SSL_CTX_ctrl(handle, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(versions.upperBound), nil))
        unsafe check(SSL_CTX_use_certificate(handle, identity.certificate))
        unsafe check(SSL_CTX_use_PrivateKey(handle, identity.key))
        for link in chain {
            unsafe check(
                SSL_CTX_ctrl(handle, SSL_CTRL_CHAIN_CERT, 1, UnsafeMutableRawPointer(link.certificate)))
        }
        if case .ignores = choice { return }
        unsafe SSL_CTX_set_alpn_select_cb(
            handle,
            { _, chosen, count, _, _, user in
                guard let user = unsafe user else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                let context = unsafe Unmanaged<ServerContext>.fromOpaque(user).takeUnretainedValue()
                guard !context.choice.isEmpty else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                unsafe chosen?.pointee = UnsafePointer(context.choiceMemory.baseAddress)
                unsafe count?.pointee = UInt8(context.choice.count)
                return SSL_TLSEXT_ERR_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        unsafe SSL_CTX_free(handle)
        unsafe choiceMemory.deallocate()
    }
}

/// The server's end of a connection, over OpenSSL's own memory BIOs.
@safe final class Server {
    private let context: ServerContext
    private let handle: OpaquePointer
    private let input: OpaquePointer?
    private let output: OpaquePointer?
    /// OpenSSL's number of what went wrong last; 0 when nothing did.
    private(set) var failureReason: Int32 = 0

    init(_ context: ServerContext) {
        guard let handle = unsafe SSL_new(context.handle) else { preconditionFailure("no session") }
        self.context = context
        unsafe self.handle = unsafe handle
        unsafe input = unsafe BIO_new(BIO_s_mem())
        unsafe output = unsafe BIO_new(BIO_s_mem())
        // At the end of what is there, more may come.
        _ = unsafe BIO_ctrl(input, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, nil)
        unsafe SSL_set_bio(handle, input, output)
        unsafe SSL_set_accept_state(handle)
    }

    deinit { unsafe SSL_free(handle) }

    /// Takes sealed bytes and goes on with the handshake; the plain bytes in them.
    func receive(_ sealed: [UInt8]) -> [UInt8] {
        if !sealed.isEmpty {
            precondition(unsafe BIO_write(input, sealed, Int32(sealed.count)) == Int32(sealed.count))
        }
        var plain: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            var count = 0
            guard attempt({ unsafe SSL_read_ex(handle, &piece, piece.count, &count) }) else { return plain }
            plain += piece[..<count]
        }
    }

    func send(_ plain: [UInt8]) {
        var count = 0
        let isSent = attempt { unsafe SSL_write_ex(handle, plain, plain.count, &count) }
        precondition(isSent)
    }

    /// Sealed bytes for the client, all since the last call.
    func takeOutput() -> [UInt8] { unsafe drain(output) }

    /// Puts one more ticket before the next data; TLS 1.3.
    func issueTicket() { unsafe check(SSL_new_session_ticket(handle)) }

    /// Changes keys before the next data and asks the client to do so too; TLS 1.3.
    func updateKeys() { unsafe check(SSL_key_update(handle, SSL_KEY_UPDATE_REQUESTED)) }

    /// Sends a HelloRequest; TLS 1.2.
    func renegotiate() {
        unsafe check(SSL_renegotiate(handle))
        _ = attempt { unsafe SSL_do_handshake(handle) }
    }

    func sendCloseNotify() { unsafe SSL_shutdown(handle) }

    var isPeerClosed: Bool { unsafe SSL_get_shutdown(handle) & SSL_RECEIVED_SHUTDOWN != 0 }

    /// The name that the client asked for.
    var requestedName: String? {
        guard let name = unsafe SSL_get_servername(handle, TLSEXT_NAMETYPE_host_name) else { return nil }
        return unsafe String(cString: name)
    }

    private func attempt(_ call: () -> Int32) -> Bool {
        ERR_clear_error()
        let result = call()
        if result == 1 { return true }
        if unsafe SSL_get_error(handle, result) == SSL_ERROR_SSL {
            failureReason = ERR_GET_REASON(ERR_peek_last_error())
        }
        ERR_clear_error()
        return false
    }
}
