public import Bytes
import CLz4
import CZstd

/// How the buffers of a record batch are compressed.
///
/// - Spec: Arrow `Message.fbs`, enum `CompressionType`.
public enum BodyCodec: Int8, Sendable {
    case lz4Frame = 0
    case zstd = 1
}

/// Compresses record batch bodies, one buffer at a time.
///
/// - Spec: Arrow `Message.fbs`, `BodyCompression`: each buffer starts with its uncompressed length as a 64-bit integer; -1
///   says that the bytes follow as they are.
/// - Ownership: lives on one core and reuses its context.
@safe public final class BodyCompressor {
    /// Level 1 of either codec: a scan is as fast as its slowest part, and higher levels are slower than any network.
    private static let level: Int32 = 1

    private let codec: BodyCodec
    private let pool: BlockPool
    private let zstd: OpaquePointer

    public init(codec: BodyCodec, pool: BlockPool) {
        self.codec = codec
        self.pool = pool
        guard let zstd = unsafe ZSTD_createCCtx() else { preconditionFailure("out of memory") }
        unsafe self.zstd = zstd
    }

    deinit {
        _ = unsafe ZSTD_freeCCtx(zstd)
    }

    /// The same batch with its buffers and those of its dictionaries compressed; a buffer that would not shrink stays as it
    /// is, behind a length of -1.
    ///
    /// - Cost: takes one block from the pool for each body; reads every byte once.
    public func compress(_ batch: RecordBatch) -> RecordBatch {
        precondition(batch.body.count <= 1, "only bodies of one block are compressed")
        var batch = batch
        batch.dictionaries = batch.dictionaries.map { RecordBatch.Dictionary(id: $0.id, values: compress($0.values)) }
        guard let body = batch.body.first else { return batch }
        // Every buffer may keep its size and gains a length and padding.
        let bound = batch.buffers.reduce(0) { $0 + ($1.count == 0 ? 0 : aligned($1.count + 8)) }
        let block = pool.take(byteCount: bound)
        var target = block.mutableBytes
        var end = 0
        var buffers: [RecordBatch.Buffer] = []
        buffers.reserveCapacity(batch.buffers.count)
        for buffer in batch.buffers {
            guard buffer.count > 0 else {
                buffers.append(RecordBatch.Buffer(offset: end, count: 0))
                continue
            }
            let source = unsafe UnsafeRawBufferPointer(start: body.base + buffer.offset, count: buffer.count)
            let room = unsafe UnsafeMutableRawBufferPointer(start: block.base + end + 8, count: buffer.count)
            var count = unsafe compress(source, into: room)
            if count == nil { unsafe room.copyMemory(from: source) }
            target.storeBytes(
                of: count == nil ? -1 : Int64(buffer.count).littleEndian, toByteOffset: end, as: Int64.self)
            count = count ?? buffer.count
            let used = 8 + (count ?? 0)
            buffers.append(RecordBatch.Buffer(offset: end, count: used))
            for position in end + used..<end + aligned(used) {
                target.storeBytes(of: 0, toByteOffset: position, as: UInt8.self)
            }
            end += aligned(used)
        }
        batch.buffers = buffers
        batch.body = [block.slice(0, count: end)]
        return batch
    }

    /// Compressed size, or nil when it would not be smaller.
    @unsafe private func compress(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int?
    {
        switch codec {
        case .zstd:
            let count = unsafe ZSTD_compressCCtx(
                zstd, target.baseAddress, target.count, source.baseAddress, source.count, Self.level)
            return ZSTD_isError(count) == 0 ? count : nil
        case .lz4Frame:
            return unsafe compressFrame(source, into: target)
        }
    }

    /// Writes an LZ4 frame; its three parts ask for the worst case ahead, so it is built in scratch when room is short.
    @unsafe private func compressFrame(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        let scratch = pool.take(byteCount: LZ4F_compressFrameBound(source.count, nil))
        let count = unsafe LZ4F_compressFrame(scratch.base, scratch.capacity, source.baseAddress, source.count, nil)
        guard LZ4F_isError(count) == 0, count < target.count else { return nil }
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(start: scratch.base, count: count))
        return count
    }

    private func aligned(_ count: Int) -> Int { (count + 63) & ~63 }
}
