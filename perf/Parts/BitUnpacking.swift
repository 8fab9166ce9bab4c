import Bytes
import CKernels
import Samples

/// What does it cost to unpack an integer of so many bits? Dictionary indices and deltas are kept like this.
func bitUnpacking(_ scale: Scale) -> [Question] {
    let count = scale.count(64 << 10)
    return (1...32).map { width in
        var numbers = SeededNumbers(seed: UInt64(width))
        let source = Slice(copying: Bits.packed(numbers.numbers(count, below: 1 << UInt64(width)), width: width))
        let output = Slice.fresh(count * 4)
        return Question("unpack \(width) bits", valueCount: count, output: output) {
            _ = ck_unpack(
                source.octets, source.count, UInt32(width), 0, count, output.base.assumingMemoryBound(to: UInt32.self))
        }
    }
}
