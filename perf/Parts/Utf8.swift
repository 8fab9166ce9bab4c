import Bytes
import CKernels
import Samples

/// What does it cost to check a byte of text?
func utf8(_ scale: Scale) -> [Question] {
    let count = scale.count(256 << 10)
    var numbers = SeededNumbers(seed: 10)
    let latin = numbers.numbers(count, below: 26).map { UInt8(ascii: "a") + UInt8($0) }
    let letters = ["a", "e", " ", "ü", "ж", "語", "🙂"].map { Array($0.utf8) }
    let mixed = Array(numbers.numbers(count / 2, below: UInt64(letters.count)).map { letters[Int($0)] }.joined())
    return [("ASCII", latin), ("mixed", mixed)].map { kind, bytes in
        let text = Slice(copying: bytes)
        return Question("UTF-8 check, \(kind)", valueCount: text.count, outputByteCount: text.count) {
            _ = ck_is_utf8(text.octets, text.count)
        } check: {
            ck_is_utf8(text.octets, text.count) ? 1 : 0
        }
    }
}
