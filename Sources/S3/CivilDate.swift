/// A moment as a calendar date and time, in UTC.
///
/// - Spec: proleptic Gregorian calendar, years 1970 to 9999.
struct CivilDate: Equatable {
    static let secondsPerDay: Int64 = 86_400
    private static let lastSecond: Int64 = 253_402_300_799

    let year: Int64
    let month: Int64
    let day: Int64
    let secondOfDay: Int64

    init(secondsSince1970: Int64) {
        let seconds = min(max(secondsSince1970, 0), Self.lastSecond)
        // Days are counted from 1 March of year 0, so that the leap day ends a year and a 400-year era.
        let days = seconds / Self.secondsPerDay + 719_468
        let era = days / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        secondOfDay = seconds % Self.secondsPerDay
    }

    /// `YYYYMMDD`.
    var dayText: String { Self.padded(year, 4) + Self.padded(month, 2) + Self.padded(day, 2) }

    /// `YYYYMMDD'T'HHMMSS'Z'`.
    var timeText: String {
        let time = [secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60]
        return dayText + "T" + time.map { Self.padded($0, 2) }.joined() + "Z"
    }

    /// Reads a `Date` field, `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// - Spec: RFC 9110 section 5.6.7, the preferred form only.
    static func parseHTTPDate(_ text: String) -> Int64? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = number(parts[1], 1...31),
            let monthIndex = months.firstIndex(of: String(parts[2])), let year = number(parts[3], 1970...9999)
        else { return nil }
        let time = parts[4].split(separator: ":")
        guard time.count == 3, let hour = number(time[0], 0...23), let minute = number(time[1], 0...59),
            let second = number(time[2], 0...60)
        else { return nil }
        let shiftedMonth = Int64((monthIndex + 10) % 12)
        let shiftedYear = monthIndex < 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * secondsPerDay + hour * 3600 + minute * 60 + second
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int64>) -> Int64? {
        guard text.utf8.count <= 4, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let value = Int64(text),
            range.contains(value)
        else { return nil }
        return value
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = "\(value)"
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
