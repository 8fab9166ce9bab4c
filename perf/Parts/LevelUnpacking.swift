import Bytes
import CKernels
import Samples

/// What does it cost to unpack a level to a byte?
func levelUnpacking(_ scale: Scale) -> [Question] {
    let count = scale.count(64 << 10)
    return (1...4).map { width in
        var numbers = SeededNumbers(seed: UInt64(width))
        let source = Slice(copying: Bits.packed(numbers.numbers(count, below: 1 << UInt64(width)), width: width))
        let output = Slice.fresh(count)
        return Question("unpack levels of \(width) bits", valueCount: count, output: output) {
            _ = ck_unpack_levels(source.octets, source.count, UInt32(width), 0, count, output.octets)
        }
    }
}
