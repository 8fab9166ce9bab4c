import Bytes
import CKernels
import Samples

/// What does it cost to make a decimal of 128 bits out of a big-endian one of this many bytes?
func decimals(_ scale: Scale) -> [Question] {
    let count = scale.count(32 << 10)
    return [4, 5, 7, 8, 9, 12, 16].map { width in
        var numbers = SeededNumbers(seed: UInt64(width))
        let source = Slice(copying: numbers.numbers(count * width, below: 256).map { UInt8($0) })
        let output = Slice.fresh(count * 16)
        return Question("decimals of \(width) bytes", valueCount: count, output: output) {
            ck_big_endian(output.octets, 16, source.octets, width, count)
        }
    }
}
