import Grpc
import Http2
import Reactor

/// The response of one call: messages as they come, then how it ended.
final class ClientStream {
    /// Larger messages than this end the call; a worker's are below 4 MiB.
    private static let messageByteLimit = 64 << 20
    /// Bytes that may wait for the reader before the connection stops receiving: four batches of the usual size.
    private static let queueByteLimit = 4 << 20

    private let connection: ClientConnection
    /// Nil when the connection was gone before the call began.
    private let stream: StreamID?
    private var call = ClientCall(messageByteLimit: messageByteLimit)
    private var messages: [[UInt8]] = []
    private var head = 0
    private var queuedByteCount = 0
    private let arrival = Suspension()
    private var deadline: TimerID?
    /// Said by this side; nil while only the worker has a say.
    private var ending: Status?

    init(connection: ClientConnection, stream: StreamID?, ended: Status?) {
        self.connection = connection
        self.stream = stream
        ending = ended
    }

    /// Whether the reader lags.
    var isFull: Bool { queuedByteCount > Self.queueByteLimit }

    private var outcome: Status? { ending ?? call.status }

    /// The next message; nil when the call ended with OK.
    ///
    /// - Throws: how the call ended otherwise, after the messages that came before.
    func next() async throws(Status) -> [UInt8]? {
        while true {
            if let message = takeMessage() { return message }
            if let outcome {
                guard outcome.code == .ok else { throw outcome }
                return nil
            }
            await arrival.wait()
        }
    }

    /// Ends the call; messages that wait are dropped.
    func cancel(_ status: Status) {
        guard outcome == nil else { return }
        ending = status
        (messages, head, queuedByteCount) = ([], 0, 0)
        if let stream { connection.reset(stream) }
        settle()
    }

    /// Ends the call with DEADLINE_EXCEEDED unless it is over by then.
    func setDeadline(nanoseconds: UInt64) {
        let (time, overflow) = connection.loop.now().addingReportingOverflow(nanoseconds)
        deadline = connection.loop.schedule(at: overflow ? .max : time) { [self] in
            cancel(Status(.deadlineExceeded, "the deadline of this client has passed"))
        }
    }

    // MARK: What the connection tells

    func receiveHeaders(_ fields: Metadata, endsStream: Bool) {
        call.receiveHeaders(fields, endsStream: endsStream)
        settle()
    }

    func receiveData(_ bytes: [UInt8], endsStream: Bool) {
        guard ending == nil else { return }
        for message in call.receiveData(bytes, endsStream: endsStream) {
            messages.append(message)
            queuedByteCount += message.count
        }
        // A broken rule ends the call here while the worker still sends.
        if call.status != nil, !endsStream, let stream { connection.reset(stream) }
        settle()
    }

    func receiveTrailers(_ fields: Metadata) {
        call.receiveTrailers(fields)
        settle()
    }

    func receiveReset(_ code: UInt32) {
        call.receiveReset(code: code)
        settle()
    }

    /// The stream or its connection is gone.
    func lose(_ status: Status) {
        if outcome == nil { ending = status }
        settle()
    }

    private func takeMessage() -> [UInt8]? {
        guard head < messages.count else { return nil }
        let message = messages[head]
        messages[head] = []
        head += 1
        if head == messages.count {
            messages.removeAll(keepingCapacity: true)
            head = 0
        }
        let wasFull = isFull
        queuedByteCount -= message.count
        if wasFull, !isFull { connection.readerAdvanced() }
        return message
    }

    private func settle() {
        if outcome != nil, let deadline {
            connection.loop.cancel(deadline)
            self.deadline = nil
        }
        arrival.wake()
    }
}
