import Arrow

/// What writers put among the key-value pairs of a file.
enum StoredSchemaText {
    static let key = "ARROW:schema"

    /// The fields as an encapsulated message in base64.
    static func text(_ fields: [Field]) -> String { base64(message(fields)) }

    /// The encapsulated message: four bytes of ones, the length, the metadata.
    static func message(_ fields: [Field]) -> [UInt8] {
        let metadata = MessageEncoder.schema(Schema(fields: fields))
        let length = (0..<4).map { UInt8(truncatingIfNeeded: metadata.count >> (8 * $0)) }
        return [0xff, 0xff, 0xff, 0xff] + length + metadata
    }

    /// RFC 4648, section 4.
    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for position in 0..<4 {
                text.append(position <= group.count ? alphabet[bits >> (18 - 6 * position) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
