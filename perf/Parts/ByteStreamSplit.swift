import Bytes
import CKernels
import Samples

/// What does it cost to put the bytes of a value together again that BYTE_STREAM_SPLIT took apart?
func byteStreamSplit(_ scale: Scale) -> [Question] {
    let count = scale.count(32 << 10)
    return [2, 4, 8, 12, 16].map { width in
        var numbers = SeededNumbers(seed: UInt64(width))
        let source = Slice(copying: numbers.numbers(count * width, below: 256).map { UInt8($0) })
        let output = Slice.fresh(count * width)
        return Question("join \(width) byte streams", valueCount: count, output: output) {
            ck_byte_stream_split(source.octets, count, width, 0, count, output.octets)
        }
    }
}
