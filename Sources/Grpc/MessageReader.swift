/// Cuts the bytes of one direction of a call into messages.
///
/// - Spec: gRPC "PROTOCOL-HTTP2", `Length-Prefixed-Message`.
/// - Shape: feed with ``append(_:)``, then take messages with ``next()`` until it gives nil.
/// - Cost: each byte is copied once; memory grows with the bytes that came, never with the length that was promised.
public struct MessageReader {
    private let messageByteLimit: Int
    private var input: [UInt8] = []
    private var position = 0
    private var prefix: [UInt8] = []
    private var expectedByteCount: Int?
    private var message: [UInt8] = []

    /// - Parameter messageByteLimit: one byte more is refused as soon as the prefix is there.
    public init(messageByteLimit: Int) {
        self.messageByteLimit = messageByteLimit
    }

    /// Feeds received bytes.
    public mutating func append(_ bytes: [UInt8]) {
        if position == input.count {
            input = bytes
            position = 0
        } else {
            input += bytes
        }
    }

    /// The next complete message.
    ///
    /// - Throws: RESOURCE_EXHAUSTED for a message above the limit, INTERNAL for a compressed message (no encoding but
    ///   identity is accepted) or an unknown flag.
    public mutating func next() throws(Status) -> [UInt8]? {
        while expectedByteCount == nil, position < input.count {
            prefix.append(input[position])
            position += 1
            try readPrefix()
        }
        guard let expected = expectedByteCount else { return nil }
        let taken = min(expected - message.count, input.count - position)
        message += input[position..<position + taken]
        position += taken
        guard message.count == expected else { return nil }
        expectedByteCount = nil
        defer { message = [] }
        return message
    }

    /// Checks that the stream may end here.
    ///
    /// - Throws: INTERNAL inside a message.
    public func finish() throws(Status) {
        guard prefix.isEmpty, expectedByteCount == nil, position == input.count else {
            throw Status(.internalError, "the stream ended inside a message")
        }
    }

    private mutating func readPrefix() throws(Status) {
        guard prefix.count == MessageFrame.prefixByteCount else { return }
        switch prefix[0] {
        case 0: break
        case 1: throw Status(.internalError, "a compressed message without a message encoding")
        default: throw Status(.internalError, "unknown message flags \(prefix[0])")
        }
        let length = prefix[1...].reduce(0) { $0 << 8 | Int($1) }
        guard length <= messageByteLimit else {
            throw Status(.resourceExhausted, "message of \(length) bytes, the limit is \(messageByteLimit)")
        }
        prefix.removeAll(keepingCapacity: true)
        expectedByteCount = length
    }
}
