/// Decimals as text.
enum DecimalText {
    /// A two's complement number of any width, little-endian, with `scale` digits behind the point.
    ///
    /// - Cost: quadratic in the width, which is 32 bytes at most.
    static func decimal(_ bytes: [UInt8], scale: Int) -> String {
        let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
        let extended = bytes + [UInt8](repeating: isNegative ? 0xff : 0, count: -bytes.count & 7)
        var words = stride(from: 0, to: extended.count, by: 8).map { start in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(extended[start + $1]) << UInt64(8 * $1) }
        }
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
}
