/// Bit-packing as Parquet does it: the first value in the lowest bits.
public enum Bits {
    static func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
        var left = value
        while left >= 0x80 {
            bytes.append(UInt8(left & 0x7f) | 0x80)
            left >>= 7
        }
        bytes.append(UInt8(left))
    }

    /// The values in `width` bits each, the last byte filled with zeros.
    public static func packed(_ values: some Sequence<UInt64>, width: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var held: UInt64 = 0
        var heldCount = 0
        for value in values {
            var value = value
            var left = width
            while left > 0 {
                let count = min(left, 8 - heldCount)
                held |= (value & (1 << UInt64(count) - 1)) << UInt64(heldCount)
                value >>= UInt64(count)
                left -= count
                heldCount += count
                if heldCount == 8 {
                    bytes.append(UInt8(held))
                    (held, heldCount) = (0, 0)
                }
            }
        }
        if heldCount > 0 { bytes.append(UInt8(held)) }
        return bytes
    }

    /// Bits that the value needs.
    public static func width(_ value: UInt64) -> Int { UInt64.bitWidth - value.leadingZeroBitCount }

    /// One bit-packed run of Parquet's RLE and bit-packing hybrid.
    public static func packedRun(_ values: [UInt64], width: Int) -> [UInt8] {
        let groupCount = (values.count + 7) / 8
        var bytes: [UInt8] = []
        appendVarint(UInt64(groupCount) << 1 | 1, to: &bytes)
        let padding = Array(repeating: UInt64(0), count: groupCount * 8 - values.count)
        return bytes + packed(values + padding, width: width)
    }
}

extension FixedWidthInteger {
    /// The bytes, lowest first.
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
