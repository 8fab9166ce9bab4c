/// Sizes as configuration files write them.
enum SizeText {
    private static let units: [String: Int] = [
        "": 0, "B": 0, "K": 10, "KB": 10, "M": 20, "MB": 20, "G": 30, "GB": 30, "T": 40, "TB": 40,
    ]

    /// Bytes of a text such as `256MB` or `1.5 g`: units are powers of 1024, and without one it is bytes.
    static func byteCount(_ text: String) -> Int? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text[number.endIndex...].drop { $0 == " " }.uppercased()
        guard let shift = units[unit], number.first != ".", number.last != ".", let value = Double(number) else {
            return nil
        }
        return Int(exactly: (value * Double(1 << shift)).rounded(.down))
    }
}
