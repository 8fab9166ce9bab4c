import Bytes

/// Levels in the deprecated encoding of the first writers, without runs and with the highest bit first.
///
/// They are packed anew as one run of the hybrid encoding, so that all that follows knows one form.
///
/// - Spec: Parquet `Encodings.md`, "Bit-packed (Deprecated)".
enum BitPackedLevels {
    /// Bytes of `count` levels in the page.
    static func byteCount(_ count: Int, bitWidth: Int) -> Int { (count * bitWidth + 7) / 8 }

    /// - Parameter bytes: exactly the levels.
    /// - Cost: a block of about the same size.
    static func repacked(_ bytes: Slice, count: Int, bitWidth: Int, pool: BlockPool) -> HybridRuns {
        precondition(bytes.count == byteCount(count, bitWidth: bitWidth))
        let groupCount = (count + 7) / 8
        let head = runHead(groupCount << 1 | 1)
        let target = pool.take(byteCount: head.count + groupCount * bitWidth)
            .slice(0, count: head.count + groupCount * bitWidth)
        Kernels.zero(target)
        var output = target.mutableBytes
        for (position, byte) in head.enumerated() {
            output.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
        }
        let source = bytes.bytes
        for bit in 0..<count * bitWidth {
            let byte = unsafe source.unsafeLoad(fromByteOffset: bit / 8, as: UInt8.self)
            guard byte >> UInt8(7 - bit % 8) & 1 == 1 else { continue }
            // Within a level the highest bit came first.
            let place = bit / bitWidth * bitWidth + (bitWidth - 1 - bit % bitWidth)
            let offset = head.count + place / 8
            let before = unsafe output.bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            output.storeBytes(of: before | 1 << UInt8(place % 8), toByteOffset: offset, as: UInt8.self)
        }
        return HybridRuns(target, bitWidth: bitWidth)
    }

    private static func runHead(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
