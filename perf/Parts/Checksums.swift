import Bytes
import CKernels
import Samples

/// What does it cost to check a byte of a page against its CRC?
func checksums(_ scale: Scale) -> [Question] {
    let count = scale.count(256 << 10)
    var numbers = SeededNumbers(seed: 11)
    let page = Slice(copying: numbers.numbers(count, below: 256).map { UInt8($0) })
    return [
        Question("CRC-32", valueCount: count, outputByteCount: count) {
            _ = ck_crc32(0, page.octets, page.count)
        } check: {
            UInt64(ck_crc32(0, page.octets, page.count))
        }
    ]
}
