import Bytes
import CNghttp2

/// Owns one `nghttp2_session` and turns its calls into Swift.
///
/// Calls about a stream that is gone are answered by nghttp2 with an error code that is ignored here on purpose: a reset
/// may have crossed on the wire.
@safe final class NativeSession {
    /// nghttp2 itself must never be the one that refuses: above its limit it ends the connection instead of the stream.
    static let unlimitedStreams = UInt32(Int32.max)

    private let handle: OpaquePointer

    init(role: Connection.Role, settings: ConnectionSettings) {
        var callbacks: OpaquePointer?
        var option: OpaquePointer?
        var handle: OpaquePointer?
        unsafe Self.check(nghttp2_session_callbacks_new(&callbacks))
        unsafe installCallbacks(callbacks)
        unsafe Self.check(nghttp2_option_new(&option))
        // The window is given back when the data event is taken.
        unsafe nghttp2_option_set_no_auto_window_update(option, 1)
        unsafe nghttp2_option_set_no_closed_streams(option, 1)
        unsafe nghttp2_option_set_max_outbound_ack(option, settings.maxUnreadAcknowledgements)
        // FrameMeter applies both limits first, with the caller's clock.
        unsafe nghttp2_option_set_stream_reset_rate_limit(option, UInt64(UInt32.max), UInt64(UInt32.max))
        unsafe nghttp2_option_set_max_continuations(option, settings.maxContinuationCount + 1)
        switch role {
        case .server: unsafe Self.check(nghttp2_session_server_new2(&handle, callbacks, nil, option))
        case .client: unsafe Self.check(nghttp2_session_client_new2(&handle, callbacks, nil, option))
        }
        unsafe nghttp2_option_del(option)
        unsafe nghttp2_session_callbacks_del(callbacks)
        guard let handle = unsafe handle else { preconditionFailure("nghttp2 gave no session") }
        unsafe self.handle = handle
        submitSettings(role: role, settings: settings)
    }

    deinit {
        unsafe nghttp2_session_del(handle)
    }

    /// Names the object that callbacks are given.
    ///
    /// - Ownership: not retained; `connection` owns this session and stays alive during every call into it.
    func attach(to connection: Connection) {
        unsafe nghttp2_session_set_user_data(handle, Unmanaged.passUnretained(connection).toOpaque())
    }

    /// `nghttp2_session_mem_recv`: the bytes used, or a negative error number.
    func receive(_ bytes: RawSpan) -> Int {
        unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe nghttp2_session_mem_recv(handle, base.assumingMemoryBound(to: UInt8.self), buffer.count)
        }
    }

    /// `nghttp2_session_send`: calls back with everything that may go out; 0 or a negative error number.
    func send() -> Int32 {
        unsafe nghttp2_session_send(handle)
    }

    var wantsRead: Bool { unsafe nghttp2_session_want_read(handle) != 0 }
    var wantsWrite: Bool { unsafe nghttp2_session_want_write(handle) != 0 }

    func submitRequest(_ headers: HeaderBlock, endsStream: Bool) -> Int32 {
        unsafe withNativeFields(headers) { fields, count in
            guard !endsStream else { return unsafe nghttp2_submit_request(handle, nil, fields, count, nil, nil) }
            var provider = unsafe makeDataProvider()
            return unsafe nghttp2_submit_request(handle, nil, fields, count, &provider, nil)
        }
    }

    func submitResponse(_ stream: StreamID, _ headers: HeaderBlock, endsStream: Bool) {
        let code = unsafe withNativeFields(headers) { fields, count in
            guard !endsStream else {
                return unsafe nghttp2_submit_response(handle, stream.rawValue, fields, count, nil)
            }
            var provider = unsafe makeDataProvider()
            return unsafe nghttp2_submit_response(handle, stream.rawValue, fields, count, &provider)
        }
        ignoreGoneStream(code)
    }

    func submitTrailers(_ stream: StreamID, _ trailers: HeaderBlock) {
        let code = unsafe withNativeFields(trailers) { fields, count in
            unsafe nghttp2_submit_trailer(handle, stream.rawValue, fields, count)
        }
        ignoreGoneStream(code)
    }

    func resume(_ stream: StreamID) {
        ignoreGoneStream(unsafe nghttp2_session_resume_data(handle, stream.rawValue))
    }

    func reset(_ streamID: Int32, _ code: ErrorCode) {
        ignoreGoneStream(unsafe nghttp2_submit_rst_stream(handle, 0, streamID, code.rawValue))
    }

    /// Gives the peer back `count` bytes of window, on the stream if it lives, and on the connection.
    func consume(_ stream: StreamID, count: Int) {
        ignoreGoneStream(unsafe nghttp2_session_consume(handle, stream.rawValue, count))
    }

    func ping(opaqueData: UInt64) {
        unsafe withUnsafeBytes(of: opaqueData.bigEndian) { bytes in
            let octets = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe Self.check(nghttp2_submit_ping(handle, 0, octets))
        }
    }

    /// GOAWAY that refuses nothing yet: the peer should open no more streams.
    func announceShutdown() {
        unsafe Self.check(nghttp2_submit_shutdown_notice(handle))
    }

    /// GOAWAY that names the last stream that will be served.
    func goAway() {
        let last = unsafe nghttp2_session_get_last_proc_stream_id(handle)
        ignoreGoneStream(unsafe nghttp2_submit_goaway(handle, 0, last, ErrorCode.noError.rawValue, nil, 0))
    }

    /// GOAWAY, after which nothing more is sent or received.
    func terminate(_ code: ErrorCode) {
        unsafe Self.check(nghttp2_session_terminate_session(handle, code.rawValue))
    }

    private func submitSettings(role: Connection.Role, settings: ConnectionSettings) {
        func entry(_ id: some BinaryInteger, _ value: Int) -> nghttp2_settings_entry {
            nghttp2_settings_entry(settings_id: Int32(id), value: UInt32(clamping: value))
        }
        var entries = [
            entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue, settings.initialStreamWindow),
            entry(NGHTTP2_SETTINGS_MAX_FRAME_SIZE.rawValue, settings.maxFrameSize),
            entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue, settings.maxHeaderListByteCount),
        ]
        switch role {
        case .server:
            entries.append(entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue, Int(Self.unlimitedStreams)))
        case .client: entries.append(entry(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue, 0))
        }
        unsafe Self.check(nghttp2_submit_settings(handle, 0, entries, entries.count))
        unsafe Self.check(
            nghttp2_session_set_local_window_size(handle, 0, 0, Int32(clamping: settings.connectionWindow)))
    }

    /// - Precondition: `code` is not out-of-memory.
    private func ignoreGoneStream(_ code: Int32) {
        precondition(code != NGHTTP2_ERR_NOMEM.rawValue, "out of memory")
    }

    private static func check(_ code: Int32) {
        precondition(code == 0, "nghttp2 refused a call: \(code)")
    }
}

/// Lends `headers` to `body` as nghttp2's structure; nghttp2 copies what it keeps.
@unsafe private func withNativeFields(
    _ headers: HeaderBlock, _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Int32
) -> Int32 {
    var text: [UInt8] = []
    for field in headers {
        text.append(contentsOf: field.name.utf8)
        text.append(contentsOf: field.value.utf8)
    }
    return unsafe text.withUnsafeMutableBufferPointer { text in
        var offset = 0
        // A pointer is needed even where there is no text.
        var nothing: UInt8 = 0
        return unsafe withUnsafeMutablePointer(to: &nothing) { nothing in
            let base = unsafe text.baseAddress ?? nothing
            var fields: [nghttp2_nv] = unsafe []
            for field in headers {
                let nameCount = field.name.utf8.count
                let valueCount = field.value.utf8.count
                let flags = field.isSensitive ? NGHTTP2_NV_FLAG_NO_INDEX.rawValue : NGHTTP2_NV_FLAG_NONE.rawValue
                unsafe fields.append(
                    nghttp2_nv(
                        name: base + offset, value: base + offset + nameCount, namelen: nameCount,
                        valuelen: valueCount, flags: UInt8(flags)))
                offset += nameCount + valueCount
            }
            return unsafe fields.withUnsafeBufferPointer { unsafe body($0.baseAddress, $0.count) }
        }
    }
}
