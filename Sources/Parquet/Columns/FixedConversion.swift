import Bytes
import CKernels

/// How a stored value becomes a sent value of constant width.
enum FixedConversion: Hashable, Sendable {
    case copy(byteWidth: Int)
    case narrow32To8
    case narrow32To16
    case widen32To128
    case widen64To128
    case int96
    /// A FIXED_LEN_BYTE_ARRAY decimal.
    case bigEndian(byteWidth: Int, targetByteWidth: Int)
    /// A BYTE_ARRAY decimal.
    case variableBigEndian(targetByteWidth: Int)

    /// Bytes of a PLAIN value; nil when each has its own length before it.
    var sourceByteWidth: Int? {
        switch self {
        case .copy(let byteWidth): byteWidth
        case .narrow32To8, .narrow32To16, .widen32To128: 4
        case .widen64To128: 8
        case .int96: 12
        case .bigEndian(let byteWidth, _): byteWidth
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
        case .int96: 8
        case .bigEndian(_, let targetByteWidth), .variableBigEndian(let targetByteWidth): targetByteWidth
        }
    }

    /// Converts `count` PLAIN values at the front of `source`; returns the bytes they took.
    ///
    /// - Throws: when the bytes end before the values do, or a decimal has an impossible length.
    /// - Precondition: `target` has room for them.
    func convert(_ source: Slice, count: Int, into target: Slice) throws(Defect) -> Int {
        let output = unsafe target.address(0, wanted: count * targetByteWidth)
        let input = unsafe source.address
        guard let width = sourceByteWidth else {
            let consumed = unsafe ck_big_endian_variable(output, targetByteWidth, input, source.count, count)
            guard consumed >= 0 else { throw Defect("a BYTE_ARRAY decimal has an impossible length") }
            return consumed
        }
        guard count <= source.count / width else { throw Defect("the page has fewer values than its header says") }
        switch self {
        case .copy: unsafe output.update(from: input, count: count * width)
        case .narrow32To8: unsafe ck_narrow_32_to_8(output, input, count)
        case .narrow32To16: unsafe ck_narrow_32_to_16(output, input, count)
        case .widen32To128: unsafe ck_widen_32_to_128(output, input, count)
        case .widen64To128: unsafe ck_widen_64_to_128(output, input, count)
        case .int96: unsafe ck_int96_to_nanoseconds(output, input, count)
        case .bigEndian(let byteWidth, let targetByteWidth):
            unsafe ck_big_endian(output, targetByteWidth, input, byteWidth, count)
        case .variableBigEndian: preconditionFailure("handled above")
        }
        return count * width
    }
}
