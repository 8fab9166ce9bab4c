/// Builds one encoded message of length-delimited fields.
///
/// - Spec: Protocol Buffers "Encoding". Empty fields are left out, as proto3 does.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    /// Appends a field that holds bytes or text.
    mutating func field(_ number: Int, _ content: some Collection<UInt8>) {
        guard !content.isEmpty else { return }
        openField(number, byteCount: content.count)
        bytes.append(contentsOf: content)
    }

    /// Appends tag and length; the content follows elsewhere.
    mutating func openField(_ number: Int, byteCount: Int) {
        let lengthDelimited = 2
        varint(UInt64(number << 3 | lengthDelimited))
        varint(UInt64(byteCount))
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
