import CNghttp2

/// What nghttp2 reports while it reads.
extension Connection {
    /// - Returns: whether the fields are wanted; otherwise the stream has been refused.
    func headerBlockBegan(_ streamID: Int32, isRequest: Bool) -> Bool {
        if isRequest, role == .server {
            guard streams.count < settings.maxConcurrentStreams else {
                counts.refusedStreamCount += 1
                session.reset(streamID, .refusedStream)
                return false
            }
            streams[streamID] = Stream(id: StreamID(rawValue: streamID))
        }
        incoming = IncomingHeaderBlock(streamID: streamID)
        return true
    }

    /// - Returns: false when the connection must end.
    func headerFieldReceived(
        name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, isSensitive: Bool
    ) -> Bool {
        guard var block = incoming else { return true }
        incoming = nil
        defer { incoming = block }
        block.fieldCount += 1
        block.listByteCount += name.count + value.count + HeaderField.listOverhead
        if block.listByteCount > settings.hardHeaderListByteCount {
            failure = ConnectionError(.enhanceYourCalm, .headerBlockTooLarge)
            return false
        }
        if block.listByteCount > settings.maxHeaderListByteCount || block.fieldCount > settings.maxHeaderFieldCount {
            block.isTooLarge = true
            block.fields = []
        }
        if !block.isTooLarge {
            unsafe block.fields.append(
                HeaderField(
                    name: String(decoding: name, as: UTF8.self), value: String(decoding: value, as: UTF8.self),
                    isSensitive: isSensitive))
        }
        return true
    }

    func dataReceived(_ streamID: Int32, _ bytes: UnsafeBufferPointer<UInt8>) {
        guard let stream = streams[streamID], stream.isAnnounced, !stream.resetByCaller, !stream.resetReported else {
            // No one will take it, so its window goes back at once.
            session.consume(StreamID(rawValue: streamID), count: bytes.count)
            return
        }
        unsafe events.appendData(stream.id, bytes)
    }

    func frameReceived(_ frame: FrameSummary) {
        switch frame.type {
        case .headers: headerBlockEnded(frame)
        case .data where frame.endsStream:
            guard let stream = streams[frame.streamID] else { return }
            stream.remoteEnded = true
            if stream.isAnnounced, !stream.resetByCaller, !stream.resetReported { events.endData(stream.id) }
        case .resetStream:
            counts.receivedResetCount += 1
            guard let stream = streams[frame.streamID] else { return }
            report(reset: stream, frame.errorCode)
        case .settings:
            if frame.acknowledges { events.append(.settingsAcknowledged) } else { peerSettingsCame() }
        case .ping where frame.acknowledges: pingAcknowledged(frame.opaqueData)
        case .goAway: events.append(.goAway(frame.errorCode))
        default: break
        }
    }

    func streamClosed(_ streamID: Int32, _ code: ErrorCode) {
        guard let stream = streams.removeValue(forKey: streamID) else { return }
        if code != .noError { report(reset: stream, code) }
        if stream.isAnnounced { events.append(.closed(stream.id)) }
    }

    private func headerBlockEnded(_ frame: FrameSummary) {
        guard let block = incoming, block.streamID == frame.streamID else { return }
        incoming = nil
        guard let stream = streams[frame.streamID] else { return }
        if frame.endsStream { stream.remoteEnded = true }
        if block.isTooLarge {
            counts.oversizedHeaderBlockCount += 1
            session.reset(frame.streamID, .enhanceYourCalm)
            report(reset: stream, .enhanceYourCalm)
            return
        }
        guard !stream.resetByCaller, !stream.resetReported else { return }
        if !stream.hasPeerHeaders {
            // An interim response announces nothing that gRPC knows.
            if role == .client, block.fields.first?.value.first == "1", block.fields.first?.name == ":status" { return }
            stream.hasPeerHeaders = true
            stream.isAnnounced = true
            events.append(.headers(stream.id, block.fields, endsStream: frame.endsStream))
        } else {
            events.append(.trailers(stream.id, block.fields))
        }
    }

    private func report(reset stream: Stream, _ code: ErrorCode) {
        stream.queue.removeAll()
        guard stream.isAnnounced, !stream.resetByCaller, !stream.resetReported else { return }
        stream.resetReported = true
        events.append(.reset(stream.id, code))
    }

    private func pingAcknowledged(_ opaqueData: UInt64) {
        guard opaqueData == PingMark.drain, drainState == .announced else {
            events.append(.pingAcknowledged)
            return
        }
        drainState = .final
        session.goAway()
    }
}

extension ConnectionError {
    /// What a fatal error number of `nghttp2_session_mem_recv` or `nghttp2_session_send` means.
    init(nghttp2Code code: Int) {
        switch Int32(clamping: code) {
        case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue: self.init(.protocolError, .notHTTP2)
        case NGHTTP2_ERR_FLOODED.rawValue: self.init(.enhanceYourCalm, .acknowledgementsUnread)
        case NGHTTP2_ERR_NOMEM.rawValue: preconditionFailure("out of memory")
        default: self.init(.protocolError, .protocolViolation, detail: "nghttp2 error \(code)")
        }
    }
}
