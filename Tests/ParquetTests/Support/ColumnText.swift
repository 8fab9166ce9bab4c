import Arrow
import Bytes

/// Writes the arrays of record batches as one text for each value, so that they can be compared.
enum ColumnText {
    /// The texts of one column of a batch, `null` for null.
    static func values(_ batch: RecordBatch, _ schema: Schema, column: Int) -> [String] {
        let field = schema.fields[column]
        let node = batch.nodes[column]
        if field.type == .null { return Array(repeating: "null", count: batch.rowCount) }
        let body = batch.body.first?.copiedBytes() ?? []
        let first = schema.fields[..<column].reduce(0) { $0 + bufferCount($1.type) }
        let buffers = (0..<bufferCount(field.type)).map { index in
            let buffer = batch.buffers[first + index]
            return Array(body[buffer.offset..<buffer.offset + buffer.count])
        }
        return (0..<node.length).map { row in
            if node.nullCount > 0, buffers[0][row / 8] >> (row % 8) & 1 == 0 { return "null" }
            return value(field.type, buffers, row)
        }
    }

    static func bufferCount(_ type: DataType) -> Int {
        switch type {
        case .null: 0
        case .utf8, .binary: 3
        default: 2
        }
    }

    private static func value(_ type: DataType, _ buffers: [[UInt8]], _ row: Int) -> String {
        let data = buffers[1]
        func unsigned(_ byteWidth: Int) -> UInt64 {
            (0..<byteWidth).reduce(0) { $0 | UInt64(data[row * byteWidth + $1]) << (8 * $1) }
        }
        func signed(_ byteWidth: Int) -> Int64 {
            Int64(bitPattern: unsigned(byteWidth) << (64 - 8 * byteWidth)) >> (64 - 8 * byteWidth)
        }
        switch type {
        case .null: return "null"
        case .boolean: return data[row / 8] >> (row % 8) & 1 == 1 ? "true" : "false"
        case .integer(let bitWidth, true): return String(signed(bitWidth / 8))
        case .integer(let bitWidth, false): return String(unsigned(bitWidth / 8))
        case .floatingPoint(let bitWidth): return float(unsigned(bitWidth / 8), bitWidth)
        case .decimal(let bitWidth, _, _):
            return decimal(Array(data[row * bitWidth / 8..<(row + 1) * bitWidth / 8]))
        case .date32: return String(signed(4))
        case .time, .timestamp: return String(signed(type.fixedBitWidth! / 8))
        case .fixedSizeBinary(let byteWidth): return hex(data[row * byteWidth..<(row + 1) * byteWidth])
        case .utf8, .binary:
            func offset(_ index: Int) -> Int { (0..<4).reduce(0) { $0 | Int(data[index * 4 + $1]) << (8 * $1) } }
            return hex(buffers[2][offset(row)..<offset(row + 1)])
        default: preconditionFailure("not read here")
        }
    }

    private static func float(_ bits: UInt64, _ bitWidth: Int) -> String {
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

    /// The type in the notation of the sample files.
    static func name(_ type: DataType) -> String {
        switch type {
        case .null: "null"
        case .boolean: "bool"
        case .integer(let bitWidth, let isSigned): (isSigned ? "int" : "uint") + String(bitWidth)
        case .floatingPoint(16): "halffloat"
        case .floatingPoint(32): "float"
        case .floatingPoint: "double"
        case .decimal(let bitWidth, let precision, let scale): "decimal\(bitWidth)(\(precision), \(scale))"
        case .date32: "date32[day]"
        case .time(let unit): "time\(type.fixedBitWidth!)[\(name(unit))]"
        case .timestamp(let unit, nil): "timestamp[\(name(unit))]"
        case .timestamp(let unit, let zone?): "timestamp[\(name(unit)), tz=\(zone)]"
        case .utf8: "string"
        case .binary: "binary"
        case .fixedSizeBinary(let byteWidth): "fixed_size_binary[\(byteWidth)]"
        default: "\(type)"
        }
    }

    private static func name(_ unit: TimeUnit) -> String {
        switch unit {
        case .second: "s"
        case .millisecond: "ms"
        case .microsecond: "us"
        case .nanosecond: "ns"
        }
    }
}
