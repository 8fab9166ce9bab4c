import Bytes

extension ColumnReader {
    /// The value of a row as a human reads it; nil for null.
    ///
    /// Dates and times follow RFC 3339; a timestamp with a time zone is given in UTC with a "Z". A date or time outside its
    /// range is the bare number. Durations and intervals follow ISO 8601. Bytes are hexadecimal. Lists, structures and maps
    /// look like JSON: see ``NestedText``. A dictionary-typed row is the value that its index names.
    ///
    /// - Parameter byteLimit: of text and bytes at most so much is turned into text, and no nested value goes on beyond it.
    /// - Throws: `.malformedBuffer` where an offset, a view or an index leads out of what it points into; `.malformed` where
    ///   a dictionary did not come.
    /// - Precondition: the row is one of the batch.
    public func text(at row: Int, byteLimit: Int = .max) throws(ArrowError) -> String? {
        guard !isNull(at: row) else { return nil }
        switch field.type {
        case .null: return nil
        case .boolean: return boolean(at: row) ? "true" : "false"
        case .integer(let bitWidth, let isSigned): return integerText(at: row, bitWidth, isSigned: isSigned)
        case .floatingPoint(let bitWidth): return floatText(at: row, bitWidth)
        case .decimal(let bitWidth, _, let scale):
            return DecimalText.decimal(fixedBytes(at: row, byteWidth: bitWidth / 8).copiedBytes(), scale: scale)
        case .date32: return CalendarText.date(daysSince1970: Int64(integer(at: row, Int32.self)))
        case .date64: return CalendarText.date(millisecondsSince1970: integer(at: row))
        case .time(let unit):
            let value = field.type.fixedBitWidth == 32 ? Int64(integer(at: row, Int32.self)) : integer(at: row)
            return CalendarText.time(value, unit) ?? String(value)
        case .timestamp(let unit, let timeZone):
            return CalendarText.timestamp(integer(at: row), unit) + (timeZone == nil ? "" : "Z")
        case .duration(let unit): return PeriodText.duration(integer(at: row), unit)
        case .interval(let unit): return intervalText(at: row, unit)
        case .utf8, .largeUtf8, .utf8View:
            let bytes = try variableBytes(at: row)
            return String(decoding: bytes.prefix(byteLimit), as: UTF8.self)
        case .binary, .largeBinary, .binaryView: return hexText(try variableBytes(at: row).prefix(byteLimit))
        case .fixedSizeBinary(let byteWidth):
            return hexText(fixedBytes(at: row, byteWidth: byteWidth).prefix(byteLimit))
        case .list, .largeList, .listView, .largeListView, .fixedSizeList, .structure, .map:
            return try NestedText.text(of: self, at: row, byteLimit: byteLimit)
        case .dictionary:
            let (column, row) = try dictionaryValue(at: row)
            return try column.text(at: row, byteLimit: byteLimit)
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

    private func intervalText(at row: Int, _ unit: IntervalUnit) -> String {
        let bytes = fixedBytes(at: row, byteWidth: (field.type.fixedBitWidth ?? 0) / 8)
        let first = Int64(Self.integer(0, of: bytes, Int32.self))
        switch unit {
        case .yearMonth: return PeriodText.interval(months: first)
        case .dayTime:
            let milliseconds = Int64(Self.integer(1, of: bytes, Int32.self))
            return PeriodText.interval(days: first, time: milliseconds, .millisecond)
        case .monthDayNano:
            let days = Int64(Self.integer(1, of: bytes, Int32.self))
            return PeriodText.interval(months: first, days: days, time: Self.integer(1, of: bytes), .nanosecond)
        }
    }
}

extension Slice {
    fileprivate func prefix(_ byteLimit: Int) -> [UInt8] { extracting(0..<min(count, byteLimit)).copiedBytes() }
}

private func hexText(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
