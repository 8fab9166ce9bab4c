/// The text of `grpc-message` as it travels.
///
/// - Spec: gRPC "PROTOCOL-HTTP2", `Status-Message`: UTF-8 with octets outside `0x20...0x7E`, and `%`, as `%XX`.
public enum StatusMessage {
    /// Longer texts are cut, between two characters.
    ///
    /// - Units: bytes of UTF-8 before encoding.
    public static let maxByteCount = 1024

    private static let hexDigits = Array("0123456789ABCDEF".utf8)
    private static let percent = UInt8(ascii: "%")

    /// The value of the header field.
    public static func encode(_ message: String) -> String {
        var encoded: [UInt8] = []
        for byte in cut(message) {
            if byte >= 0x20, byte <= 0x7e, byte != percent {
                encoded.append(byte)
            } else {
                encoded += [percent, hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The text of a header field's value; what is not an escape stays as it is.
    public static func decode(_ value: String) -> String {
        let bytes = Array(value.utf8)
        var decoded: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if bytes[position] == percent, position + 2 < bytes.count, let high = hexValue(bytes[position + 1]),
                let low = hexValue(bytes[position + 2])
            {
                decoded.append(high << 4 | low)
                position += 3
            } else {
                decoded.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func cut(_ message: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in message.unicodeScalars {
            let encoded = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            guard bytes.count + encoded.count <= maxByteCount else { break }
            bytes.append(contentsOf: encoded)
        }
        return bytes
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
