/// Durations and calendar intervals as text.
///
/// - Spec: ISO 8601-1 section 5.5.2, such as `P1Y2M3DT4H5M6.7S`, with a sign at each component as in ISO 8601-2. What is zero
///   is left out.
enum PeriodText {
    private static let secondsPerDay: Int64 = 86_400

    /// A span of time in days of 24 hours.
    static func duration(_ value: Int64, _ unit: TimeUnit) -> String {
        let (days, rest) = value.quotientAndRemainder(dividingBy: secondsPerDay * unit.perSecond)
        return interval(days: days, time: rest, unit)
    }

    /// Months, days and a time that are not converted into each other, but for twelve months to a year.
    static func interval(months: Int64 = 0, days: Int64 = 0, time: Int64 = 0, _ unit: TimeUnit = .second) -> String {
        let date = component(months / 12, "Y") + component(months % 12, "M") + component(days, "D")
        let (seconds, fraction) = time.quotientAndRemainder(dividingBy: unit.perSecond)
        let clock =
            component(seconds / 3600, "H") + component(seconds / 60 % 60, "M")
            + secondsText(seconds % 60, fraction, unit)
        if date.isEmpty, clock.isEmpty { return "PT0S" }
        return "P" + date + (clock.isEmpty ? "" : "T" + clock)
    }

    private static func component(_ value: Int64, _ designator: String) -> String {
        value == 0 ? "" : "\(value)\(designator)"
    }

    /// Both numbers have the same sign or are zero.
    private static func secondsText(_ seconds: Int64, _ fraction: Int64, _ unit: TimeUnit) -> String {
        guard fraction != 0 else { return component(seconds, "S") }
        let text = String(fraction.magnitude)
        var digits = String(repeating: "0", count: unit.digitCount - text.count) + text
        while digits.last == "0" { digits.removeLast() }
        return "\(fraction < 0 ? "-" : "")\(seconds.magnitude).\(digits)S"
    }
}
