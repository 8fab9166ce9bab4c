import Arrow
import Bytes

/// Writes the arrays of record batches as one text for each value, so that they can be compared.
enum ColumnText {
    /// The texts of one column over batches that follow each other, `null` for null.
    static func values(_ batches: [RecordBatch], _ schema: Schema, column: Int) -> [String] {
        var dictionaries: [Int: RecordBatch] = [:]
        return batches.flatMap { batch in
            for dictionary in batch.dictionaries { dictionaries[dictionary.id] = dictionary.values }
            var arrays = ArrayTexts(batch, dictionaries: dictionaries, firstDictionary: 0)
            for field in schema.fields[..<column] { arrays.skip(field.type) }
            return arrays.next(schema.fields[column].type)
        }
    }

    /// The bit pattern in hexadecimal digits.
    static func float(_ bits: UInt64, _ bitWidth: Int) -> String {
        let isNaN =
            switch bitWidth {
            case 16: bits & 0x7fff > 0x7c00
            case 32: Float(bitPattern: UInt32(bits)).isNaN
            default: Double(bitPattern: bits).isNaN
            }
        if isNaN { return "nan" }
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: bitWidth / 4 - digits.count) + digits
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = [0x78]
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Little-endian two's complement in base 10.
    static func decimal(_ bytes: [UInt8]) -> String {
        let isNegative = bytes.last! & 0x80 != 0
        var magnitude = bytes
        if isNegative {
            var carry: UInt16 = 1
            for index in magnitude.indices {
                let sum = UInt16(~magnitude[index]) + carry
                magnitude[index] = UInt8(truncatingIfNeeded: sum)
                carry = sum >> 8
            }
        }
        var digits: [String] = []
        while magnitude.contains(where: { $0 != 0 }) {
            var rest = 0
            for index in magnitude.indices.reversed() {
                let part = rest << 8 | Int(magnitude[index])
                magnitude[index] = UInt8(part / 10)
                rest = part % 10
            }
            digits.append(String(rest))
        }
        return digits.isEmpty ? "0" : (isNegative ? "-" : "") + digits.reversed().joined()
    }
}
