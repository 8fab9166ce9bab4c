/// Text for a terminal: what comes from a worker or a file must not steer it.
enum TerminalText {
    /// The text with control characters written out.
    static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var visible = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": visible += "\\n"
            case "\r": visible += "\\r"
            case "\t": visible += "\\t"
            default:
                if isControl(scalar) {
                    visible += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    visible.unicodeScalars.append(scalar)
                }
            }
        }
        return visible
    }

    /// One line of at most `limit` characters; a longer one ends with an ellipsis.
    static func cut(_ text: String, to limit: Int) -> String {
        let line = oneLine(text)
        return line.count > limit ? line.prefix(limit - 1) + "…" : line
    }

    /// With spaces on the left or on the right up to `width` characters.
    static func padded(_ text: String, to width: Int, onLeft: Bool) -> String {
        let spaces = String(repeating: " ", count: max(0, width - text.count))
        return onLeft ? spaces + text : text + spaces
    }

    /// Controls proper, line and paragraph separators, and marks that turn the direction of what follows.
    private static func isControl(_ scalar: UnicodeScalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
        default: false
        }
    }
}

/// Numbers as a human reads them, without a locale.
enum NumberText {
    /// With one digit behind the point, and a decimal prefix such as "M" from 10,000 on.
    static func short(_ number: Int) -> String {
        guard number >= 10_000 else { return String(number) }
        return scaled(number, unit: 1000, [" k", " M", " G", " T", " P", " E"])
    }

    /// Bytes in decimal units.
    static func bytes(_ number: Int) -> String {
        number < 1000 ? "\(number) B" : scaled(number, unit: 1000, [" kB", " MB", " GB", " TB", " PB", " EB"])
    }

    /// `numerator / denominator` with a fixed number of digits behind the point, rounded down.
    static func quotient(_ numerator: UInt64, _ denominator: UInt64, digitCount: Int) -> String {
        let scale = (0..<digitCount).reduce(UInt64(1)) { scale, _ in scale * 10 }
        let denominator = max(denominator, 1)
        let whole = numerator / denominator
        let fraction = (numerator % denominator).multipliedFullWidth(by: scale)
        // The remainder is below the denominator, so the quotient is below the scale.
        let digits = String(denominator.dividingFullWidth(fraction).quotient)
        guard digitCount > 0 else { return String(whole) }
        return "\(whole)." + String(repeating: "0", count: digitCount - digits.count) + digits
    }

    private static func scaled(_ number: Int, unit: Int, _ names: [String]) -> String {
        var size = unit
        var position = 0
        while position + 1 < names.count, number / size >= unit {
            size *= unit
            position += 1
        }
        return quotient(UInt64(max(number, 0)), UInt64(size), digitCount: 1) + names[position]
    }
}
