import Bytes
import CNghttp2

// The only file with C callbacks. Each turns C's arguments into this module's types and calls one method of the
// connection that the session belongs to; none keeps a pointer.

/// Fills nghttp2's table of callbacks.
@unsafe func installCallbacks(_ callbacks: OpaquePointer?) {
    unsafe nghttp2_session_callbacks_set_send_callback(callbacks) { _, bytes, count, _, user in
        unsafe connection(user).controlFrameReady(UnsafeRawBufferPointer(start: bytes, count: count).bytes)
        return count
    }
    unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks) { _, _, head, count, _, user in
        unsafe connection(user).dataFrameReady(
            head: UnsafeRawBufferPointer(start: head, count: 9).bytes, payloadByteCount: count)
        return 0
    }
    unsafe nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks) {
        _, _, _, _, _, peerMaxFrameSize, user in
        unsafe connection(user).dataFrameLimit(peerMaxFrameSize: Int(peerMaxFrameSize))
    }
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, user in
        guard let frame = unsafe frame else { return 0 }
        let isRequest = unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
        let accepted = unsafe connection(user).headerBlockBegan(frame.pointee.hd.stream_id, isRequest: isRequest)
        return accepted ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
        _, _, name, nameCount, value, valueCount, flags, user in
        let accepted = unsafe connection(user).headerFieldReceived(
            name: UnsafeBufferPointer(start: name, count: nameCount),
            value: UnsafeBufferPointer(start: value, count: valueCount),
            isSensitive: UInt32(flags) & UInt32(NGHTTP2_NV_FLAG_NO_INDEX.rawValue) != 0)
        return accepted ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
    // Without this nghttp2 drops malformed fields and lets the message through.
    unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) { _, _, _, _, _, _, _, _ in
        NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, streamID, bytes, count, user in
        unsafe connection(user).dataReceived(streamID, UnsafeBufferPointer(start: bytes, count: count))
        return 0
    }
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
        if let frame = unsafe frame { unsafe connection(user).frameReceived(FrameSummary(frame)) }
        return 0
    }
    unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, user in
        if let frame = unsafe frame { unsafe connection(user).frameSent(FrameSummary(frame)) }
        return 0
    }
    unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks) { _, frame, _, user in
        if let frame = unsafe frame { unsafe connection(user).frameNotSent(FrameSummary(frame)) }
        return 0
    }
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, streamID, code, user in
        unsafe connection(user).streamClosed(streamID, ErrorCode(rawValue: code))
        return 0
    }
}

/// The source of every outgoing body: no bytes are copied, the connection says how many follow.
@unsafe func makeDataProvider() -> nghttp2_data_provider {
    var provider = unsafe nghttp2_data_provider()
    unsafe provider.read_callback = { session, streamID, _, limit, flags, _, user in
        let step = unsafe connection(user).nextDataFrame(streamID, limit: limit)
        switch step {
        case .pause: return Int(NGHTTP2_ERR_PAUSE.rawValue)
        case .wait: return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        case .send(let byteCount, let end):
            var bits = NGHTTP2_DATA_FLAG_NO_COPY.rawValue
            if end != .open { bits |= NGHTTP2_DATA_FLAG_EOF.rawValue }
            if end == .trailers { bits |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue }
            unsafe flags?.pointee = UInt32(bits)
            return byteCount
        }
    }
    return unsafe provider
}

/// - Precondition: `user` was set by ``NativeSession/attach(to:)`` and that connection is in a call into its session.
@unsafe private func connection(_ user: UnsafeMutableRawPointer?) -> Connection {
    guard let user = unsafe user else { preconditionFailure("a session without its connection") }
    return unsafe Unmanaged<Connection>.fromOpaque(user).takeUnretainedValue()
}

extension FrameSummary {
    @unsafe fileprivate init(_ frame: UnsafePointer<nghttp2_frame>) {
        let head = unsafe frame.pointee.hd
        self.init(type: FrameType(rawValue: head.type), flags: head.flags, streamID: head.stream_id)
        switch type {
        case .resetStream:
            errorCode = unsafe ErrorCode(rawValue: frame.pointee.rst_stream.error_code)
        case .goAway:
            let goAway = unsafe frame.pointee.goaway
            errorCode = unsafe ErrorCode(rawValue: goAway.error_code)
            let text = unsafe UnsafeBufferPointer(start: goAway.opaque_data, count: goAway.opaque_data_len)
            debugText = unsafe String(decoding: text.prefix(256), as: UTF8.self)
        case .ping:
            let octets = unsafe frame.pointee.ping.opaque_data
            opaqueData = unsafe UInt64(
                bigEndian: withUnsafeBytes(of: octets) { unsafe $0.loadUnaligned(as: UInt64.self) })
        default: break
        }
    }
}
