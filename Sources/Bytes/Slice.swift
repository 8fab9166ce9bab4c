/// Part of a block. Keeps the block alive, never copies.
public struct Slice: Sendable {
    /// The memory this is a part of.
    public let block: Block
    /// First byte, counted from the start of the block.
    public let offset: Int
    /// Number of bytes.
    public let count: Int

    /// - Precondition: the part lies inside the block.
    public init(_ block: Block, offset: Int, count: Int) {
        precondition(offset >= 0)
        precondition(count >= 0)
        precondition(offset <= block.capacity - count)
        self.block = block
        self.offset = offset
        self.count = count
    }

    /// A slice of fresh memory holding a copy of `bytes`; for small things such as heads and test data.
    public init(copying bytes: [UInt8]) {
        self.init(Block.copying(bytes.rawSpan), offset: 0, count: bytes.count)
    }

    /// The bytes themselves.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(block.base + offset), byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The bytes for their one writer, before the block is shared.
    public var mutableBytes: MutableRawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe MutableRawSpan(_unsafeStart: block.base + offset, byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The first byte; valid while the block lives.
    @unsafe public var base: UnsafeMutableRawPointer { unsafe block.base + offset }

    /// A narrower part of the same block, counted from the start of this slice.
    ///
    /// - Precondition: the part lies inside this slice.
    public func extracting(_ range: Range<Int>) -> Slice {
        precondition(range.lowerBound >= 0)
        precondition(range.upperBound <= count)
        return Slice(block, offset: offset + range.lowerBound, count: range.count)
    }

    /// A copy as an array; for tests and small things.
    public func copiedBytes() -> [UInt8] {
        unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: count))
    }
}

extension [UInt8] {
    /// The elements as raw bytes.
    ///
    /// Why it exists: `span.bytes` counts as unsafe because other element types may have padding; bytes have none.
    public var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get { unsafe span.bytes }
    }
}
