import Bytes

/// The `Content-Range` field of an answer.
///
/// - Spec: RFC 9110 section 14.4.
enum ContentRange: Equatable {
    /// `bytes first-last/total`.
    case part(ByteRange, total: UInt64)
    /// `bytes */total`, beside status 416.
    case unsatisfied(total: UInt64)

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        let unit = "bytes "
        guard bytes.starts(with: unit.utf8) else { return nil }
        let halves = bytes.dropFirst(unit.utf8.count).split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard halves.count == 2, let total = Self.number(halves[1]) else { return nil }
        if halves[0].elementsEqual("*".utf8) {
            self = .unsatisfied(total: total)
            return
        }
        let ends = halves[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last,
            last < total
        else { return nil }
        self = .part(ByteRange(offset: first, count: last - first + 1), total: total)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        guard let value = UInt64(String(decoding: digits, as: UTF8.self)), value <= UInt64(Int64.max) else {
            return nil
        }
        return value
    }
}
