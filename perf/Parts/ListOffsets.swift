import Bytes
import CKernels
import Samples

/// What does it cost to tell from the levels of an entry where lists begin and how long they are?
func listOffsets(_ scale: Scale) -> [Question] {
    let count = scale.count(64 << 10)
    let wordCount = (count + 63) / 64
    return [1, 5, 50].map { most in
        var numbers = SeededNumbers(seed: UInt64(most))
        // Lists of 1 to `most` elements, of which some are null.
        var repetitions: [UInt8] = []
        while repetitions.count < count {
            let length = Int(numbers.next() % UInt64(most)) + 1
            repetitions += [0] + Array(repeating: 1, count: length - 1)
        }
        let starts = Array(repetitions.prefix(count))
        let definitions: [UInt8] = numbers.numbers(count, below: 10).map { $0 == 0 ? 2 : 3 }
        let listCount = starts.count { $0 == 0 }
        let words = Slice.fresh(wordCount * 16)
        let lists = words.base.assumingMemoryBound(to: UInt64.self)
        let output = Slice.fresh((listCount + 1) * 4)
        return Question("offsets of lists of up to \(most)", valueCount: count, output: output) {
            ck_in_range(starts, count, 0, 0, lists)
            ck_in_range(definitions, count, 2, 3, lists + wordCount)
            ck_list_offsets(lists, lists + wordCount, wordCount, output.base.assumingMemoryBound(to: Int32.self))
            withExtendedLifetime(words) {}
        }
    }
}
