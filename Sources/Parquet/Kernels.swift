import Bytes
import CKernels

/// The door to the C kernels: checks that both sides lie inside their memory, then calls.
///
/// - Precondition: for every function, ranges lie inside the slices; this is our own duty, outside input was checked
///   before.
enum Kernels {
    /// Bytes that string copies may write, or a dictionary must have readable, beyond the end.
    static let copySlack = Int(CK_COPY_SLACK)

    static func copy(_ source: Slice, to target: Slice) {
        precondition(source.count <= target.count)
        unsafe target.base.copyMemory(from: source.base, byteCount: source.count)
    }

    static func zero(_ target: Slice) { fill(target, 0) }

    static func fill(_ target: Slice, _ byte: UInt8) {
        unsafe target.base.initializeMemory(as: UInt8.self, repeating: byte, count: target.count)
    }

    /// Moves `count` bytes from `start` to the front.
    static func move(_ bytes: Slice, from start: Int, count: Int) {
        precondition(start >= 0)
        precondition(start + count <= bytes.count)
        unsafe bytes.base.copyMemory(from: bytes.base + start, byteCount: count)
    }

    static func crc32(_ bytes: Slice, continuing crc: UInt32 = 0) -> UInt32 {
        unsafe ck_crc32(crc, bytes.address, bytes.count)
    }
}

extension Slice {
    /// The first byte as the kernels want it.
    @unsafe var address: UnsafeMutablePointer<UInt8> { unsafe base.assumingMemoryBound(to: UInt8.self) }

    /// Element `first` and up of 32-bit values.
    @unsafe func words(_ first: Int, count wordCount: Int) -> UnsafeMutablePointer<UInt32> {
        precondition(first >= 0)
        precondition(wordCount >= 0)
        precondition((first + wordCount) * 4 <= count)
        return unsafe (base + first * 4).assumingMemoryBound(to: UInt32.self)
    }

    /// A place of at least `wanted` bytes from `offset` on.
    @unsafe func address(_ offset: Int, wanted: Int) -> UnsafeMutablePointer<UInt8> {
        precondition(offset >= 0)
        precondition(wanted >= 0)
        precondition(offset <= count - wanted)
        return unsafe address + offset
    }
}
