import Bytes

extension ColumnReader {
    /// The value of a row as a human reads it; nil for null.
    ///
    /// Dates and times follow RFC 3339; a timestamp with a time zone is given in UTC with a "Z". Bytes are hexadecimal.
    /// A date or time outside its range is the bare number.
    ///
    /// - Parameter byteLimit: of text and bytes at most so much is turned into text.
    /// - Precondition: the row is one of the batch.
    public func text(at row: Int, byteLimit: Int = .max) throws(ArrowError) -> String? {
        guard !isNull(at: row) else { return nil }
        switch field.type {
        case .null: return nil
        case .boolean: return boolean(at: row) ? "true" : "false"
        case .integer(let bitWidth, let isSigned): return integerText(at: row, bitWidth, isSigned: isSigned)
        case .floatingPoint(let bitWidth): return floatText(at: row, bitWidth)
        case .decimal(let bitWidth, _, let scale):
            return decimalText(fixedBytes(at: row, byteWidth: bitWidth / 8).copiedBytes(), scale: scale)
        case .date32: return CalendarText.date(daysSince1970: Int64(integer(at: row, Int32.self)))
        case .time(let unit):
            let value = field.type.fixedBitWidth == 32 ? Int64(integer(at: row, Int32.self)) : integer(at: row)
            return CalendarText.time(value, unit) ?? String(value)
        case .timestamp(let unit, let timeZone):
            return CalendarText.timestamp(integer(at: row), unit) + (timeZone == nil ? "" : "Z")
        case .utf8:
            let bytes = try variableBytes(at: row)
            return String(decoding: bytes.prefix(byteLimit), as: UTF8.self)
        case .binary: return hexText(try variableBytes(at: row).prefix(byteLimit))
        case .fixedSizeBinary(let byteWidth):
            return hexText(fixedBytes(at: row, byteWidth: byteWidth).prefix(byteLimit))
        }
    }

    private func integerText(at row: Int, _ bitWidth: Int, isSigned: Bool) -> String {
        switch (bitWidth, isSigned) {
        case (8, true): String(integer(at: row, Int8.self))
        case (8, false): String(integer(at: row, UInt8.self))
        case (16, true): String(integer(at: row, Int16.self))
        case (16, false): String(integer(at: row, UInt16.self))
        case (32, true): String(integer(at: row, Int32.self))
        case (32, false): String(integer(at: row, UInt32.self))
        case (_, true): String(integer(at: row, Int64.self))
        case (_, false): String(integer(at: row, UInt64.self))
        }
    }

    private func floatText(at row: Int, _ bitWidth: Int) -> String {
        switch bitWidth {
        case 16: "\(Float16(bitPattern: integer(at: row)))"
        case 32: "\(Float(bitPattern: integer(at: row)))"
        default: "\(Double(bitPattern: integer(at: row)))"
        }
    }

    private func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        at row: Int, _ type: Value.Type = Value.self
    ) -> Value {
        let bytes = fixedBytes(at: row, byteWidth: MemoryLayout<Value>.size)
        var reader = ByteReader(bytes.bytes)
        guard let value = try? reader.readInteger(Value.self) else { preconditionFailure("the width was checked") }
        return value
    }
}

extension Slice {
    fileprivate func prefix(_ byteLimit: Int) -> [UInt8] { extracting(0..<min(count, byteLimit)).copiedBytes() }
}

private func hexText(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

/// A two's complement number of any width, little-endian, with `scale` digits behind the point.
///
/// - Precondition: the width is a multiple of 8 bytes.
private func decimalText(_ bytes: [UInt8], scale: Int) -> String {
    precondition(bytes.count.isMultiple(of: 8))
    var words = stride(from: 0, to: bytes.count, by: 8).map { start in
        (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
    }
    let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
    if isNegative {
        var carry = true
        for position in words.indices {
            let (sum, overflow) = (~words[position]).addingReportingOverflow(carry ? 1 : 0)
            (words[position], carry) = (sum, overflow)
        }
    }
    // Digits come out in groups of 19, the most that a word holds, from the low end.
    let groupDigitCount = 19
    let group: UInt64 = 10_000_000_000_000_000_000
    var digits = ""
    while words.contains(where: { $0 != 0 }) {
        var remainder: UInt64 = 0
        for position in words.indices.reversed() {
            (words[position], remainder) = group.dividingFullWidth((remainder, words[position]))
        }
        let text = String(remainder)
        digits = String(repeating: "0", count: groupDigitCount - text.count) + text + digits
    }
    digits = String(digits.drop { $0 == "0" })
    if scale < 0, !digits.isEmpty { digits += String(repeating: "0", count: -scale) }
    let fraction = max(scale, 0)
    digits = String(repeating: "0", count: max(0, fraction + 1 - digits.count)) + digits
    let whole = digits.dropLast(fraction)
    return (isNegative ? "-" : "") + whole + (fraction > 0 ? "." + digits.suffix(fraction) : "")
}
