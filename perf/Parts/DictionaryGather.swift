import Bytes
import CKernels
import Samples

/// What does it cost to look up a value of this width in a dictionary of 1000?
func dictionaryGather(_ scale: Scale) -> [Question] {
    let count = scale.count(64 << 10)
    return [1, 2, 4, 8, 12, 16, 32].map { width in
        var numbers = SeededNumbers(seed: UInt64(width))
        let dictionary = Slice(copying: numbers.numbers(1000 * width, below: 256).map { UInt8($0) })
        let indices = numbers.numbers(count, below: 1000).map { UInt32($0) }
        let output = Slice.fresh(count * width)
        return Question("gather \(width) bytes", valueCount: count, output: output) {
            ck_gather(output.octets, dictionary.octets, width, indices, count)
        }
    }
}
