import Bytes
import CKernels
import Glibc
import Samples

/// What does it cost to make room for nulls, a row? The copy of the packed values that comes first is counted in.
func nullExpansion(_ scale: Scale) -> [Question] {
    let count = scale.count(64 << 10)
    return [10, 50].flatMap { percent in
        [1, 2, 4, 8, 16].map { width in
            var numbers = SeededNumbers(seed: UInt64(width))
            let flags: [UInt64] = numbers.numbers(count, below: 100).map { $0 < UInt64(percent) ? 0 : 1 }
            let validity = Slice(copying: Bits.packed(flags, width: 1))
            let valueCount = flags.count { $0 == 1 }
            let packed = Slice(copying: numbers.numbers(valueCount * width, below: 256).map { UInt8($0) })
            let output = Slice.fresh(count * width)
            return Question("expand \(percent) % nulls, \(width) bytes", valueCount: count, output: output) {
                memcpy(output.base, packed.base, packed.count)
                ck_expand(output.octets, width, validity.octets, count, valueCount)
            }
        }
    }
}
