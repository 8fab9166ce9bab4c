import Bytes
import Reactor
import Tls

/// The bytes of one connection to a store, through TLS where the endpoint wants it.
final class StoreTransport {
    /// Room for sealed bytes: some records, so that one receive brings much and all stays in the cache.
    private static let sealedByteCount = 128 << 10

    let socket: Socket
    private let session: TlsSession?
    private let buffers: BlockPool
    /// Sealed bytes that were received and not opened yet.
    private var sealed: Slice?
    private let nothing = Slice(copying: [])
    /// Room to see whether there is plain data.
    private let oneByte = Slice(copying: [0])

    /// - Parameter buffers: where memory for sealed bytes comes from.
    init(socket: Socket, session: TlsSession?, buffers: BlockPool) {
        self.socket = socket
        self.session = session
        self.buffers = buffers
    }

    /// Makes sure that the peer is who it should be.
    func shakeHands() async throws(StoreFailure) {
        guard let session else { return }
        while !session.isConnected {
            try await flush(session)
            if session.wantsInput { try await receiveSealed(session) }
            _ = try open(session, into: nil)
        }
        try await flush(session)
    }

    func send(_ bytes: Slice) async throws(StoreFailure) {
        guard let session else { return try await sendToSocket(bytes) }
        do throws(TlsError) { try session.send(bytes.bytes) } catch { throw .secure(error) }
        try await flush(session)
    }

    /// Receives what comes first into `target`; 0 means that the peer has ended.
    ///
    /// - Parameter fills: waits until all of `target` is full instead; fewer bytes mean that the peer has ended.
    func receive(into target: Slice, fills: Bool) async throws(StoreFailure) -> Int {
        guard let session else {
            do throws(KernelError) {
                return try await socket.receive(into: target, fills: fills)
            } catch { throw .connection(error) }
        }
        var filled = 0
        do throws(StoreFailure) {
            while filled < target.count, !session.isPeerClosed {
                filled += try open(session, into: target.extracting(filled..<target.count))
                if session.hasOutput { try await flush(session) }
                if filled > 0, !fills { break }
                if filled < target.count, session.wantsInput { try await receiveSealed(session) }
            }
        } catch {
            // What came before it is good; the next call meets the end of the connection again.
            if filled == 0 { throw error }
        }
        if sealed?.count == 0 { sealed = nil }
        return filled
    }

    /// Whether another request may follow: the peer has not ended, and sent nothing that nobody asked for, which would be
    /// taken for the next answer.
    func isUsable() async -> Bool {
        guard let session else { return socket.isQuiet }
        if !socket.isQuiet {
            guard session.wantsInput else { return false }
            do throws(StoreFailure) { try await receiveSealed(session) } catch { return false }
        }
        return settle()
    }

    /// Gives the memory for sealed bytes back, now that an answer is complete; false when more has come than messages of
    /// TLS itself, such as tickets to resume with.
    func settle() -> Bool {
        guard let session else { return true }
        defer { sealed = nil }
        if let sealed, sealed.count > 0 {
            do throws(StoreFailure) {
                guard try open(session, into: oneByte) == 0 else { return false }
            } catch { return false }
        }
        return session.wantsInput && !session.hasOutput
    }

    /// Opens what was received; returns the plain bytes at the start of `target`.
    private func open(_ session: TlsSession, into target: Slice?) throws(StoreFailure) -> Int {
        let input = sealed ?? nothing
        let target = target ?? nothing
        do throws(TlsError) {
            var room = target.mutableBytes
            let progress = try session.receive(input.bytes, into: &room)
            // Nothing has no room to receive into.
            sealed = sealed.map { $0.extracting(progress.consumed..<$0.count) }
            return progress.written
        } catch { throw .secure(error) }
    }

    private func receiveSealed(_ session: TlsSession) async throws(StoreFailure) {
        let block = sealed?.block ?? buffers.take(byteCount: Self.sealedByteCount)
        let target = block.slice(0, count: block.capacity)
        let count: Int
        do throws(KernelError) {
            count = try await socket.receive(into: target)
        } catch { throw .connection(error) }
        sealed = target.extracting(0..<count)
        guard count == 0 else { return }
        do throws(TlsError) { try session.receiveEnd() } catch { throw .secure(error) }
    }

    private func flush(_ session: TlsSession) async throws(StoreFailure) {
        while let output = session.takeOutput() { try await sendToSocket(output) }
    }

    private func sendToSocket(_ bytes: Slice) async throws(StoreFailure) {
        do throws(KernelError) { try await socket.send([bytes]) } catch { throw .connection(error) }
    }
}
