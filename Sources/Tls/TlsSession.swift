public import Bytes
import COpenSSL

/// One TLS connection, the client's side: sealed bytes in, plain bytes out, and back.
///
/// - Spec: RFC 8446; RFC 5246 where the peer has nothing newer.
/// - Shape: used on the core of its context. It holds no socket and no clock.
@safe public final class TlsSession {
    /// What a call to ``receive(_:into:)`` did.
    public struct Progress: Equatable, Sendable {
        /// Sealed bytes that were used; the rest is to be given again, with room.
        public let consumed: Int
        /// Plain bytes at the start of the target.
        public let written: Int
    }

    /// The versions that are spoken.
    public enum Version: Hashable, Sendable {
        case tls12, tls13
    }

    private let context: TlsContext
    private let handle: OpaquePointer
    private let transport = MemoryTransport()
    private let cacheKey: SessionCache.Key
    private var failure: TlsError?
    private var isClosed = false

    /// Whether the handshake is done: the peer is who it should be, and ``send(_:)`` may be called.
    public private(set) var isConnected = false

    /// Whether the peer said that it has sent everything.
    public private(set) var isPeerClosed = false

    /// Whether only more sealed bytes can bring the session on. When it is false before the end, ``receive(_:into:)`` has
    /// more to give, or an error to throw, and needs room more than bytes.
    public private(set) var wantsInput = true

    /// A session whose first output is the ClientHello.
    ///
    /// - Shape: `host` is a DNS name or an IP address without brackets; the certificate must have that name. `port` only
    ///   tells whose sessions may be resumed. Certificates must be valid at `secondsSince1970`.
    /// - Throws: `.invalidHost`.
    public init(_ context: TlsContext, host: String, port: UInt16, secondsSince1970: Int64) throws(TlsError) {
        guard let handle = unsafe SSL_new(context.handle) else { preconditionFailure("out of memory") }
        let name: PeerName
        do throws(TlsError) {
            name = try PeerName(host)
            unsafe try name.demand(of: handle)
        } catch {
            unsafe SSL_free(handle)
            throw error
        }
        self.context = context
        unsafe self.handle = unsafe handle
        cacheKey = SessionCache.Key(host: name.text, port: port)
        unsafe attach(handle, to: self)
        let bio = unsafe makeTransport(context.transportMethod, over: transport)
        // One BIO for both directions takes one reference.
        unsafe SSL_set_bio(handle, bio, bio)
        unsafe X509_VERIFY_PARAM_set_time(SSL_get0_param(handle), Int(secondsSince1970))
        if let session = unsafe context.sessions.session(for: cacheKey, secondsSince1970: secondsSince1970) {
            unsafe SSL_set_session(handle, session)
        }
        unsafe SSL_set_connect_state(handle)
        shakeHands()
        precondition(failure == nil, "libssl made no ClientHello: \(failure?.description ?? "")")
    }

    deinit {
        // Otherwise libssl takes an end without close_notify for a reason not to resume, which RFC 5246 no longer does.
        unsafe SSL_set_shutdown(handle, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        unsafe SSL_free(handle)
    }

    /// Takes sealed bytes, and writes the plain ones in them to the start of `target`.
    ///
    /// Drives the handshake too; afterwards there may be output, also in answer to data. Stops where `target` is full. What
    /// follows the peer's close_notify is ignored.
    ///
    /// - Throws: what ended the session, again at every call; plain bytes that came before it are given first. There may be
    ///   an alert in the output.
    /// - Precondition: output of earlier calls has been taken, or what is owed to a hostile peer is not bounded.
    /// - Cost: two copies of each byte, into libssl's record buffer and, once open, out of it. Allocates nothing but what
    ///   libssl does, which is some bytes a record in TLS 1.3.
    public func receive(_ sealed: RawSpan, into target: inout MutableRawSpan) throws(TlsError) -> Progress {
        if let failure { throw failure }
        let written = unsafe target.withUnsafeMutableBytes { target in
            unsafe sealed.withUnsafeBytes { sealed in
                unsafe transport.lend(sealed)
                defer { transport.takeBack() }
                if !isConnected { shakeHands() }
                return unsafe isConnected ? read(into: target) : 0
            }
        }
        let isUsedUp = unsafe SSL_pending(handle) == 0 && transport.consumed == sealed.byteCount
        wantsInput = isUsedUp && failure == nil && !isPeerClosed
        if isPeerClosed { return Progress(consumed: sealed.byteCount, written: written) }
        if let failure, written == 0 { throw failure }
        return Progress(consumed: transport.consumed, written: written)
    }

    /// The transport has ended; all that came before was received.
    ///
    /// - Throws: `.truncated` unless the peer had said that it sent everything.
    public func receiveEnd() throws(TlsError) {
        if let failure { throw failure }
        guard !isPeerClosed else { return }
        wantsInput = false
        failure = truncation
        throw truncation
    }

    /// Seals `plain`; the records are then in the output.
    ///
    /// - Precondition: ``isConnected``, and ``close()`` was not called.
    /// - Cost: two copies. Large bodies are best sent in pieces of some records: the output is one piece of memory.
    public func send(_ plain: RawSpan) throws(TlsError) {
        if let failure { throw failure }
        precondition(isConnected)
        precondition(!isClosed)
        guard plain.byteCount > 0 else { return }
        ErrorQueue.clear()
        var count = 0
        let result = unsafe plain.withUnsafeBytes { bytes in
            unsafe SSL_write_ex(handle, bytes.baseAddress, bytes.count, &count)
        }
        guard result == 1 else { throw fail(with: sessionError()) }
        precondition(count == plain.byteCount)
    }

    /// Says that nothing more will be sent; close_notify is then in the output. The peer may still send.
    public func close() {
        guard isConnected, failure == nil, !isClosed else { return }
        isClosed = true
        ErrorQueue.clear()
        unsafe SSL_shutdown(handle)
        ErrorQueue.clear()
    }

    /// Sealed bytes to write, all since the last call, or nil.
    ///
    /// - Ownership: the memory is used again when no slice of it is left.
    public func takeOutput() -> Slice? { transport.takeOutput() }

    /// Whether ``takeOutput()`` would give something.
    public var hasOutput: Bool { transport.hasOutput }

    /// The application protocol that the peer chose out of those offered, if it did.
    public var applicationProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(handle, &name, &count)
        guard let name = unsafe name else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
    }

    /// The version in use; nil before ``isConnected``.
    public var version: Version? {
        guard isConnected else { return nil }
        return unsafe SSL_version(handle) == TLS1_3_VERSION ? .tls13 : .tls12
    }

    /// Whether an earlier session was resumed, whose chain was verified then.
    public var isResumed: Bool { unsafe isConnected && SSL_session_reused(handle) == 1 }

    /// The peer gave something to resume with. It does so during the handshake or any time later, and more than once.
    @unsafe func resumable(_ session: OpaquePointer) {
        unsafe context.sessions.store(session, for: cacheKey)
    }

    /// `SSL_do_handshake`, as far as the input goes.
    private func shakeHands() {
        ErrorQueue.clear()
        let result = unsafe SSL_do_handshake(handle)
        guard result == 1 else {
            stopped(result)
            return
        }
        // Not every release of OpenSSL 3 looks whether the peer's choice was offered.
        if let chosen = applicationProtocol, !context.applicationProtocols.contains(chosen) {
            fail(with: TlsError(kind: .malformed, reason: "application protocol not offered"))
            return
        }
        isConnected = true
    }

    /// `SSL_read_ex` until `target` is full or the input is at its end; the bytes written.
    @unsafe private func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        guard let base = target.baseAddress else { return 0 }
        var written = 0
        while written < target.count {
            ErrorQueue.clear()
            var count = 0
            let result = unsafe SSL_read_ex(handle, base + written, target.count - written, &count)
            guard result == 1 else {
                stopped(result)
                break
            }
            written += count
        }
        return written
    }

    /// Finds out why a call on the handle did not do all it could.
    private func stopped(_ result: Int32) {
        switch unsafe SSL_get_error(handle, result) {
        case SSL_ERROR_WANT_READ: break
        case SSL_ERROR_ZERO_RETURN where isConnected: isPeerClosed = true
        case SSL_ERROR_ZERO_RETURN: failure = truncation
        default: fail(with: sessionError())
        }
    }

    /// No fault of what was agreed: the next connection may resume it.
    private var truncation: TlsError {
        TlsError(kind: .truncated, reason: isConnected ? "" : "during the handshake")
    }

    private func sessionError() -> TlsError {
        unsafe ErrorQueue.takeSessionError(verification: SSL_get_verify_result(handle))
    }

    @discardableResult private func fail(with error: TlsError) -> TlsError {
        failure = error
        // Whatever it was, the next connection shall not begin where this one failed.
        context.sessions.remove(cacheKey)
        return error
    }
}
