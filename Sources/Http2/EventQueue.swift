/// Events in the order they happened; neighbouring pieces of one body become one event.
struct EventQueue {
    private var ready: [Event] = []
    private var taken = 0
    /// The body bytes that the next piece may be joined to; they come after everything in `ready`.
    private var body: (stream: StreamID, bytes: [UInt8])?

    mutating func append(_ event: Event) {
        closeBody(endsStream: false)
        ready.append(event)
    }

    /// - Cost: copies the bytes once; the received buffer is used again.
    mutating func appendData(_ stream: StreamID, _ bytes: UnsafeBufferPointer<UInt8>) {
        if body?.stream != stream { closeBody(endsStream: false) }
        if body == nil { body = (stream, []) }
        unsafe body?.bytes.append(contentsOf: bytes)
    }

    mutating func endData(_ stream: StreamID) {
        if body?.stream == stream {
            closeBody(endsStream: true)
        } else {
            append(.data(stream, [], endsStream: true))
        }
    }

    mutating func next() -> Event? {
        if taken == ready.count {
            ready.removeAll(keepingCapacity: true)
            taken = 0
            closeBody(endsStream: false)
        }
        guard taken < ready.count else { return nil }
        defer { taken += 1 }
        return ready[taken]
    }

    private mutating func closeBody(endsStream: Bool) {
        guard let (stream, bytes) = body else { return }
        ready.append(.data(stream, bytes, endsStream: endsStream))
        body = nil
    }
}
