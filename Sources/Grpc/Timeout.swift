/// The `grpc-timeout` header field.
///
/// - Spec: gRPC "PROTOCOL-HTTP2", `Timeout`: one to eight digits and a unit.
public enum Timeout {
    private static let units: [(letter: UInt8, nanoseconds: UInt64)] = [
        (UInt8(ascii: "n"), 1), (UInt8(ascii: "u"), 1000), (UInt8(ascii: "m"), 1_000_000),
        (UInt8(ascii: "S"), 1_000_000_000), (UInt8(ascii: "M"), 60_000_000_000), (UInt8(ascii: "H"), 3_600_000_000_000),
    ]
    private static let maxDigitCount = 8
    private static let largestValue: UInt64 = 99_999_999

    /// The time in nanoseconds, or nil when the text is malformed; a time beyond 64 bits becomes the largest.
    public static func parse(_ text: String) -> UInt64? {
        let bytes = Array(text.utf8)
        guard let letter = bytes.last, let unit = units.first(where: { $0.letter == letter }) else { return nil }
        let digits = bytes.dropLast()
        guard (1...maxDigitCount).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
        }
        let (nanoseconds, overflow) = value.multipliedReportingOverflow(by: unit.nanoseconds)
        return overflow ? .max : nanoseconds
    }

    /// The text for a time, rounded up to the finest unit in which it fits.
    public static func format(nanoseconds: UInt64) -> String {
        for unit in units {
            let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: unit.nanoseconds)
            let value = quotient + (remainder > 0 ? 1 : 0)
            if value <= largestValue { return "\(value)\(Character(UnicodeScalar(unit.letter)))" }
        }
        return "\(largestValue)H"
    }
}
