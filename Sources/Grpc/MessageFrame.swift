public import Bytes

/// The five bytes before each message.
///
/// - Spec: gRPC "PROTOCOL-HTTP2", `Length-Prefixed-Message`: a compressed flag, then the length, big-endian.
public enum MessageFrame {
    /// Bytes of the prefix.
    public static let prefixByteCount = 5

    /// The prefix of an uncompressed message.
    ///
    /// - Precondition: the length fits in 32 bits.
    public static func prefix(messageByteCount: Int) -> [UInt8] {
        let length = UInt32(messageByteCount)
        return [0, UInt8(length >> 24), UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)]
    }

    /// A small message with its prefix, in fresh memory.
    public static func encode(_ message: [UInt8]) -> Slice {
        Slice(copying: prefix(messageByteCount: message.count) + message)
    }
}
