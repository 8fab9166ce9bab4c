import Arrow

/// What the stored Arrow type of a column may change about the type that follows from the Parquet schema.
///
/// - Spec: the rules of arrow-rs; a hint that does not fit is ignored.
extension PrimitiveMapping {
    /// The mapping as `hint` wants it, as far as it may.
    ///
    /// - Throws: `.unsupported` for an interval that cannot be told from days and milliseconds.
    func hinted(
        by hint: DataType, _ physicalType: PhysicalType, _ place: ParquetError.Place
    ) throws(ParquetError) -> PrimitiveMapping {
        switch (type, hint) {
        case (_, .dictionary(let indexBitWidth, let isSigned, let value, _)):
            let inner = try hinted(by: value, physicalType, place)
            guard inner.type == value else { return inner }
            switch inner.values {
            case .null, .dictionary: return inner
            default: break
            }
            return PrimitiveMapping(
                hint,
                .dictionary(indexByteWidth: indexBitWidth / 8, isSigned: isSigned, values: inner.values))
        case (.integer(32, true), .timestamp): return PrimitiveMapping(hint, .fixedWidth(.widen32To64))
        case (.integer(32, true), .time) where hint.fixedBitWidth == 32: return PrimitiveMapping(hint, values)
        case (.integer(64, true), .time) where hint.fixedBitWidth == 64: return PrimitiveMapping(hint, values)
        case (.integer(64, true), .timestamp), (.integer(64, true), .duration), (.integer(64, true), .date64):
            return PrimitiveMapping(hint, values)
        case (.date32, .date64): return PrimitiveMapping(hint, .fixedWidth(.daysToMilliseconds))
        case (.timestamp(let own, _), .timestamp(let wanted, _?)) where own == wanted:
            return PrimitiveMapping(hint, values)
        case (.timestamp(.nanosecond, nil), .timestamp(let unit, _)) where unit != .nanosecond:
            return PrimitiveMapping(
                hint,
                .fixedWidth(
                    physicalType == .int96
                        ? .int96(unit) : .divide64(by: Int(TimeUnit.nanosecond.perSecond / unit.perSecond))))
        case (.utf8, .largeUtf8), (.binary, .largeUtf8):
            return PrimitiveMapping(hint, .byteArray(ByteArrayForm(isUTF8: true, layout: .offsets64)))
        case (.utf8, .utf8View), (.binary, .utf8View):
            return PrimitiveMapping(hint, .byteArray(ByteArrayForm(isUTF8: true, layout: .views)))
        case (.binary, .utf8): return PrimitiveMapping(hint, .byteArray(ByteArrayForm(isUTF8: true)))
        case (.binary, .largeBinary):
            return PrimitiveMapping(hint, .byteArray(ByteArrayForm(isUTF8: false, layout: .offsets64)))
        case (.binary, .binaryView):
            return PrimitiveMapping(hint, .byteArray(ByteArrayForm(isUTF8: false, layout: .views)))
        case (.interval, .interval(.yearMonth)):
            return PrimitiveMapping(hint, .fixedWidth(.part(byteWidth: 12, offset: 0, count: 4)))
        case (.interval, .interval(.monthDayNano)):
            throw .unsupported("INTERVAL as months, days and nanoseconds", at: place)
        case (.decimal(128, _, _), .decimal(let bitWidth, let precision, let scale)) where bitWidth != 128:
            guard let conversion = decimalConversion(physicalType, targetByteWidth: bitWidth / 8) else { return self }
            return PrimitiveMapping(
                .decimal(bitWidth: bitWidth, precision: precision, scale: scale), .fixedWidth(conversion))
        default: return self
        }
    }

    /// Stored decimals as integers of another width; precision and scale do not change them.
    private func decimalConversion(_ physicalType: PhysicalType, targetByteWidth: Int) -> FixedConversion? {
        switch (physicalType, values) {
        case (.int32, _), (.int64, _):
            let byteWidth = physicalType == .int32 ? 4 : 8
            return byteWidth == targetByteWidth
                ? .copy(byteWidth: byteWidth) : .resize(byteWidth: byteWidth, targetByteWidth: targetByteWidth)
        case (_, .fixedWidth(.bigEndian(let byteWidth, _))):
            return .bigEndian(byteWidth: byteWidth, targetByteWidth: targetByteWidth)
        case (_, .fixedWidth(.variableBigEndian)): return .variableBigEndian(targetByteWidth: targetByteWidth)
        default: return nil
        }
    }

    /// The plain type in place of a dictionary of it.
    func withoutDictionary() -> PrimitiveMapping {
        guard case .dictionary(_, _, let value, _) = type, case .dictionary(_, _, let inner) = values else {
            return self
        }
        return PrimitiveMapping(value, inner).withoutDictionary()
    }
}
