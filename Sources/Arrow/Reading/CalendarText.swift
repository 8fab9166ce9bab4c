/// Dates and times of the proleptic Gregorian calendar as text.
///
/// - Spec: RFC 3339; years outside 0...9999 have a sign or more digits, as ISO 8601 extends it.
enum CalendarText {
    private static let secondsPerDay: Int64 = 86_400
    /// Days and years after which the calendar repeats.
    private static let eraDayCount: Int64 = 146_097
    private static let eraYearCount: Int64 = 400
    /// Days from 0000-03-01 to 1970-01-01: years that begin in March have their leap day last.
    private static let epochDay: Int64 = 719_468

    static func date(daysSince1970 days: Int64) -> String {
        let shifted = days + epochDay
        let era = floorDivision(shifted, eraDayCount)
        let dayOfEra = shifted - era * eraDayCount
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // Months from March on have 153 days in every five.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * eraYearCount + (month <= 2 ? 1 : 0)
        return
            "\(year < 0 ? "-" : "")\(padded(year.magnitude, 4))-\(padded(month.magnitude, 2))-\(padded(day.magnitude, 2))"
    }

    /// A date of whole days; with a time where it is none.
    static func date(millisecondsSince1970 value: Int64) -> String {
        let (days, rest) = value.quotientAndRemainder(dividingBy: secondsPerDay * TimeUnit.millisecond.perSecond)
        return rest == 0 ? date(daysSince1970: days) : timestamp(value, .millisecond)
    }

    /// A time of day; nil outside one day.
    static func time(_ value: Int64, _ unit: TimeUnit) -> String? {
        guard value >= 0, value < secondsPerDay * unit.perSecond else { return nil }
        let seconds = value / unit.perSecond
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0.magnitude, 2) }
        let fraction = unit.digitCount > 0 ? "." + padded((value % unit.perSecond).magnitude, unit.digitCount) : ""
        return clock.joined(separator: ":") + fraction
    }

    /// A date and a time.
    static func timestamp(_ value: Int64, _ unit: TimeUnit) -> String {
        let unitsPerDay = secondsPerDay * unit.perSecond
        let days = floorDivision(value, unitsPerDay)
        // The product may lie beyond the smallest value; the difference does not.
        guard let time = time(value &- days &* unitsPerDay, unit) else {
            preconditionFailure("a remainder beyond a day")
        }
        return date(daysSince1970: days) + "T" + time
    }

    private static func floorDivision(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    private static func padded(_ number: UInt64, _ digitCount: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digitCount - text.count)) + text
    }
}

extension TimeUnit {
    /// Digits of the fraction of a second.
    var digitCount: Int {
        switch self {
        case .second: 0
        case .millisecond: 3
        case .microsecond: 6
        case .nanosecond: 9
        }
    }
}
