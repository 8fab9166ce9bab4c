import Bytes

/// What comes next on a stream that may send.
enum DataStep {
    /// Whether the frame is the stream's last, and what ends it.
    enum End {
        case open, endStream, trailers
    }

    /// The output is full for this time.
    case pause
    /// Nothing is queued.
    case wait
    case send(byteCount: Int, End)
}

/// What nghttp2 asks and hands over while it writes.
extension Connection {
    /// Frames smaller than this are not cut from a longer queue to fill up the output.
    private static let smallestCutByteCount = 16 << 10

    /// Lets nghttp2 write: control frames always, bodies within `allowance` bytes.
    func sendFrames(allowance: Int) {
        self.allowance = max(allowance, 0)
        let code = withExtendedLifetime(self) { session.send() }
        if code < 0, failure == nil { failure = ConnectionError(nghttp2Code: Int(code)) }
    }

    func dataFrameLimit(peerMaxFrameSize: Int) -> Int {
        min(peerMaxFrameSize, settings.maxOutboundFrameSize)
    }

    /// Takes the payload of the next DATA frame from the queue; ``dataFrameReady(head:payloadByteCount:)`` follows.
    ///
    /// - Precondition: `limit` respects the windows and the peer's frame size, as nghttp2 computes it.
    func nextDataFrame(_ streamID: Int32, limit: Int) -> DataStep {
        guard let stream = streams[streamID], !stream.resetByCaller, !stream.resetReported else { return .wait }
        let queued = stream.queue.byteCount
        guard queued > 0 || stream.endRequested else {
            stream.isDeferred = true
            return .wait
        }
        let wanted = min(queued, limit)
        if wanted > 0 {
            guard allowance > 0 else { return .pause }
            if allowance < min(wanted, Self.smallestCutByteCount), pendingByteCount > 0 { return .pause }
        }
        let byteCount = min(wanted, allowance)
        frameSlices.removeAll(keepingCapacity: true)
        stream.queue.take(byteCount, into: &frameSlices)
        if queued > settings.lowWaterByteCount, stream.queue.byteCount <= settings.lowWaterByteCount {
            events.append(.drained(stream.id))
        }
        guard stream.queue.byteCount == 0, stream.endRequested else { return .send(byteCount: byteCount, .open) }
        guard let trailers = stream.trailers else { return .send(byteCount: byteCount, .endStream) }
        session.submitTrailers(stream.id, trailers)
        return .send(byteCount: byteCount, .trailers)
    }

    func dataFrameReady(head: RawSpan, payloadByteCount: Int) {
        let ready = frameSlices.reduce(0) { $0 + $1.count }
        precondition(ready == payloadByteCount)
        arena.append(head, to: &pending)
        pending.append(contentsOf: frameSlices)
        frameSlices.removeAll(keepingCapacity: true)
        let added = head.byteCount + payloadByteCount
        pendingByteCount += added
        allowance = max(allowance - added, 0)
        counts.sentDataFrameCount += 1
        counts.sentDataByteCount += payloadByteCount
        meter.dataWasSent(byteCount: payloadByteCount)
    }

    func controlFrameReady(_ bytes: RawSpan) {
        arena.append(bytes, to: &pending)
        pendingByteCount += bytes.byteCount
        allowance = max(allowance - bytes.byteCount, 0)
        if role == .server, !settingsSent, let last = pending.last {
            settingsSent = true
            advertiseStreamLimit(in: last.extracting(last.count - bytes.byteCount..<last.count))
        }
    }

    func frameSent(_ frame: FrameSummary) {
        switch frame.type {
        case .data, .headers:
            if frame.endsStream { localSideEnded(frame.streamID) }
        case .resetStream:
            let stream = streams[frame.streamID]
            if let stream, stream.resetByCaller { return }
            counts.provokedResetCount += 1
            do throws(ConnectionError) {
                try meter.resetWasProvoked(nowNanoseconds: nowNanoseconds)
            } catch {
                if failure == nil { failure = error }
            }
        case .ping, .settings:
            if frame.acknowledges { unreadAcknowledgements += 1 }
        case .goAway where frame.errorCode != .noError:
            if failure == nil, !isTerminating {
                isTerminating = true
                failure = ConnectionError(frame.errorCode, .protocolViolation, detail: frame.debugText)
            }
        default: break
        }
    }

    /// A request that the peer's GOAWAY overtook.
    func frameNotSent(_ frame: FrameSummary) {
        guard role == .client, frame.type == .headers, let stream = streams[frame.streamID] else { return }
        guard !stream.hasPeerHeaders else { return }
        streamClosed(stream.id.rawValue, .refusedStream)
    }

    /// A server that has said all need not hear the rest of the request.
    private func localSideEnded(_ streamID: Int32) {
        guard role == .server, let stream = streams[streamID], !stream.remoteEnded else { return }
        stream.resetByCaller = true
        session.reset(streamID, .noError)
    }

    /// Writes the real stream limit over the one that nghttp2 was given (see ``NativeSession/unlimitedStreams``).
    private func advertiseStreamLimit(in frame: Slice) {
        let headByteCount = 9
        let entryByteCount = 6
        let maxConcurrentStreamsID: UInt16 = 3
        var bytes = frame.block.mutableBytes
        var offset = frame.offset + headByteCount
        while offset + entryByteCount <= frame.offset + frame.count {
            let id = unsafe UInt16(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
            if id == maxConcurrentStreamsID {
                let limit = UInt32(clamping: settings.maxConcurrentStreams).bigEndian
                bytes.storeBytes(of: limit, toByteOffset: offset + 2, as: UInt32.self)
            }
            offset += entryByteCount
        }
    }
}
