import Bytes

/// Collects the bytes of one head up to its empty line.
///
/// - Spec: RFC 9112 section 2.2, without the leniency: lines end in CRLF only.
/// - Cost: copies the head once.
struct HeadReader {
    private(set) var bytes: [UInt8] = []
    private(set) var isComplete = false

    /// - Returns: bytes used; fewer than given when the head is complete.
    mutating func receive(_ input: RawSpan, from start: Int) throws(Http1Error) -> Int {
        var offset = start
        while !isComplete, offset < input.byteCount {
            let byte = unsafe input.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            offset += 1
            try check(byte)
            bytes.append(byte)
            guard bytes.count <= HeadLimits.byteCount else { throw .headTooLong }
            if byte == .lineFeed,
                bytes.suffix(4).elementsEqual([.carriageReturn, .lineFeed, .carriageReturn, .lineFeed])
            {
                isComplete = true
            }
        }
        return offset - start
    }

    mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        isComplete = false
    }

    private func check(_ byte: UInt8) throws(Http1Error) {
        let previous = bytes.last
        if byte == .lineFeed {
            guard previous == .carriageReturn else { throw .bareLineBreak }
            // A head that begins with an empty line has no start line.
            guard bytes.count > 1 else { throw .malformedStartLine }
        } else {
            guard previous != .carriageReturn else { throw .bareLineBreak }
            guard byte >= 0x20 && byte != 0x7f || byte == .carriageReturn || byte == .tab else {
                throw .controlCharacter
            }
        }
    }

    /// The lines of a complete head, without line ends.
    var lines: [ArraySlice<UInt8>] {
        precondition(isComplete)
        return bytes.dropLast(4).split(separator: .lineFeed, omittingEmptySubsequences: false)
            .map { $0.last == .carriageReturn ? $0.dropLast() : $0 }
    }
}

extension UInt8 {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0a
    static let carriageReturn: UInt8 = 0x0d
    static let space: UInt8 = 0x20

    /// - Spec: RFC 9110 section 5.6.2.
    var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }

    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
