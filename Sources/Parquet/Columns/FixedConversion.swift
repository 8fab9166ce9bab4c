import Arrow
import Bytes
import CKernels

/// How a stored value becomes a sent value of constant width.
enum FixedConversion: Hashable, Sendable {
    case copy(byteWidth: Int)
    case narrow32To8
    case narrow32To16
    case widen32To64
    case widen32To128
    case widen64To128
    /// A signed little-endian integer of another width; one that does not fit is an error.
    case resize(byteWidth: Int, targetByteWidth: Int)
    /// Units since 1970 in 64 bits.
    case int96(TimeUnit)
    /// 32-bit days to 64-bit milliseconds.
    case daysToMilliseconds
    /// A 64-bit integer, cut towards zero.
    case divide64(by: Int)
    /// Some of the stored bytes.
    case part(byteWidth: Int, offset: Int, count: Int)
    /// A FIXED_LEN_BYTE_ARRAY decimal.
    case bigEndian(byteWidth: Int, targetByteWidth: Int)
    /// A BYTE_ARRAY decimal.
    case variableBigEndian(targetByteWidth: Int)

    /// Bytes of a PLAIN value; nil when each has its own length before it.
    var sourceByteWidth: Int? {
        switch self {
        case .copy(let byteWidth), .resize(let byteWidth, _), .part(let byteWidth, _, _), .bigEndian(let byteWidth, _):
            byteWidth
        case .narrow32To8, .narrow32To16, .widen32To64, .widen32To128, .daysToMilliseconds: 4
        case .widen64To128, .divide64: 8
        case .int96: 12
        case .variableBigEndian: nil
        }
    }

    /// Bytes of a value as it is sent.
    var targetByteWidth: Int {
        switch self {
        case .copy(let byteWidth): byteWidth
        case .narrow32To8: 1
        case .narrow32To16: 2
        case .widen32To128, .widen64To128: 16
        case .widen32To64, .int96, .daysToMilliseconds, .divide64: 8
        case .part(_, _, let count): count
        case .resize(_, let targetByteWidth), .bigEndian(_, let targetByteWidth),
            .variableBigEndian(let targetByteWidth):
            targetByteWidth
        }
    }

    /// Whether stored and sent values are the same bytes.
    var isCopy: Bool { if case .copy = self { true } else { false } }

    /// Converts `count` PLAIN values at the front of `source`; returns the bytes they took.
    ///
    /// - Throws: when the bytes end before the values do, or a value does not fit its target.
    /// - Precondition: `target` has room for them.
    func convert(_ source: Slice, count: Int, into target: Slice) throws(Defect) -> Int {
        let output = unsafe target.address(0, wanted: count * targetByteWidth)
        let input = unsafe source.address
        guard let width = sourceByteWidth else {
            let consumed = unsafe ck_big_endian_variable(output, targetByteWidth, input, source.count, count)
            guard consumed >= 0 else { throw Self.impossibleLength }
            return consumed
        }
        guard count <= source.count / width else { throw Defect.fewerValues }
        switch self {
        case .copy: unsafe output.update(from: input, count: count * width)
        case .narrow32To8: unsafe ck_narrow_32_to_8(output, input, count)
        case .narrow32To16: unsafe ck_narrow_32_to_16(output, input, count)
        case .widen32To64: unsafe ck_widen_32_to_64(output, input, count)
        case .widen32To128: unsafe ck_widen_32_to_128(output, input, count)
        case .widen64To128: unsafe ck_widen_64_to_128(output, input, count)
        case .resize(let byteWidth, let targetByteWidth):
            guard unsafe ck_resize(output, targetByteWidth, input, byteWidth, count) else { throw Self.doesNotFit }
        case .int96(let unit): unsafe ck_int96(output, input, count, unit.perSecond)
        case .daysToMilliseconds: unsafe ck_days_to_milliseconds(output, input, count)
        case .divide64(let divisor): unsafe ck_divide_64(output, input, count, Int64(divisor))
        case .part(let byteWidth, let offset, let partCount):
            unsafe ck_part(output, partCount, input, byteWidth, offset, count)
        case .bigEndian(let byteWidth, let targetByteWidth):
            if byteWidth > targetByteWidth {
                guard unsafe ck_big_endian_narrow(output, targetByteWidth, input, byteWidth, count) else {
                    throw Self.doesNotFit
                }
            } else {
                unsafe ck_big_endian(output, targetByteWidth, input, byteWidth, count)
            }
        case .variableBigEndian: preconditionFailure("handled above")
        }
        return count * width
    }

    /// Converts BYTE_ARRAY decimals that lie anywhere in `source`.
    func convert(_ source: Slice, views: UnsafePointer<ck_view>, count: Int, into target: Slice) throws(Defect) {
        let output = unsafe target.address(0, wanted: count * targetByteWidth)
        guard unsafe ck_big_endian_views(output, targetByteWidth, source.address, views, count) else {
            throw Self.impossibleLength
        }
    }

    private static let impossibleLength = Defect("a BYTE_ARRAY decimal has an impossible length")
    private static let doesNotFit = Defect("a decimal does not fit the width of the stored Arrow schema")
}
