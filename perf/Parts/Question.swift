import Bytes
import Measuring

/// What does one value cost? A piece of work that is done again and again on the same input.
struct Question {
    let name: String
    /// Values that the work is about.
    let valueCount: Int
    /// What the work writes.
    let outputByteCount: Int
    let work: () -> Void
    /// A value out of the output, the same on every machine.
    let check: () -> UInt64

    /// A question whose output is a block.
    init(_ name: String, valueCount: Int, output: Slice, work: @escaping () -> Void) {
        self.init(name, valueCount: valueCount, outputByteCount: output.count, work: work) {
            var fold = Fold()
            fold.add(UnsafeRawBufferPointer(start: output.base, count: output.count))
            return fold.value
        }
    }

    init(
        _ name: String, valueCount: Int, outputByteCount: Int, work: @escaping () -> Void,
        check: @escaping () -> UInt64
    ) {
        self.name = name
        self.valueCount = valueCount
        self.outputByteCount = outputByteCount
        self.work = work
        self.check = check
    }
}

/// How much there is to do.
enum Scale {
    /// Inputs that stay in the second-level cache, as a batch does.
    case full
    /// Just enough to see that all of it works.
    case tiny

    func count(_ full: Int) -> Int { self == .full ? full : max(full / 64, 64) }
}

extension Slice {
    /// Fresh memory with nothing in it yet.
    static func fresh(_ count: Int) -> Slice {
        let slice = Block.allocate(capacity: max(count, 1)).slice(0, count: count)
        slice.base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
        return slice
    }

    var octets: UnsafeMutablePointer<UInt8> { base.assumingMemoryBound(to: UInt8.self) }
}
