import Glibc

/// An aligned, reference-counted piece of memory that one writer fills and many readers then share.
///
/// - Ownership: the memory goes back to its pool, or to the allocator, when the last reference goes.
/// - Shape: `capacity` bytes, aligned to ``alignment``; the contents start undefined.
///
/// Why `@unchecked Sendable`: a block is filled on one core and may be released on another. The rule that makes it safe
/// is the design's: writes happen before the block is first shared as a ``Slice``, never after.
@safe public final class Block: @unchecked Sendable {
    /// Every block starts at a multiple of this many bytes, as Arrow recommends for its buffers.
    public static let alignment = 64

    /// Usable bytes.
    public let capacity: Int

    /// The first byte.
    @unsafe public let base: UnsafeMutableRawPointer

    /// Whether this is a message body as the decoder wrote it. Set by the writer before the block is shared; whoever sends
    /// can then tell bytes that leave from where they were written from bytes that somebody has copied.
    public var isMessageBody = false

    private let pool: BlockPool?

    init(capacity: Int, pool: BlockPool?, base: UnsafeMutableRawPointer) {
        self.capacity = capacity
        self.pool = pool
        unsafe self.base = base
    }

    deinit {
        if let pool {
            unsafe pool.takeBack(base, capacity: capacity)
        } else {
            unsafe free(base)
        }
    }

    /// A block outside any pool.
    public static func allocate(capacity: Int) -> Block {
        unsafe Block(capacity: capacity, pool: nil, base: allocateMemory(byteCount: capacity))
    }

    /// A block that holds a copy of `bytes`; for small things such as heads and test data.
    public static func copying(_ bytes: RawSpan) -> Block {
        let block = allocate(capacity: max(bytes.byteCount, 1))
        unsafe bytes.withUnsafeBytes { source in
            if let address = source.baseAddress { unsafe block.base.copyMemory(from: address, byteCount: source.count) }
        }
        return block
    }

    /// All bytes, for readers.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: capacity)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// All bytes, for the one writer, before the block is shared.
    public var mutableBytes: MutableRawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe MutableRawSpan(_unsafeStart: base, byteCount: capacity)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The part of this block that starts at `offset`.
    ///
    /// - Precondition: the part lies inside the block.
    public func slice(_ offset: Int, count: Int) -> Slice {
        Slice(self, offset: offset, count: count)
    }
}

/// Aligned memory from the allocator; running out of it ends the process, as everywhere in Swift.
@unsafe func allocateMemory(byteCount: Int) -> UnsafeMutableRawPointer {
    precondition(byteCount >= 0)
    var memory: UnsafeMutableRawPointer?
    let status = unsafe posix_memalign(&memory, Block.alignment, max(byteCount, Block.alignment))
    guard status == 0, let memory = unsafe memory else { preconditionFailure("out of memory: \(byteCount) bytes") }
    return unsafe memory
}
