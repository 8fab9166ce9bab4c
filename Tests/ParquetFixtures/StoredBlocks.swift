/// Compressed pages that hold their bytes as they are: every codec has a form for that.
extension Encoded {
    /// A page body in the codec of this number, at most 255 bytes.
    package static func stored(_ bytes: [UInt8], codec: Int32) -> [UInt8] {
        switch codec {
        case 1: snappyLiteral(bytes)
        case 2: gzip(bytes)
        case 4: brotli(bytes)
        case 5: hadoopLz4(bytes)
        case 6: zstd(bytes)
        case 7: lz4(bytes)
        default: bytes
        }
    }

    /// A snappy block of one literal with its length in two bytes.
    private static func snappyLiteral(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.isEmpty { return [0] }
        let length = bytes.count - 1
        return varint(UInt64(bytes.count)) + [61 << 2, UInt8(length & 0xff), UInt8(length >> 8)] + bytes
    }

    /// A gzip member of one stored block (RFC 1951, section 3.2.4).
    package static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        let length = UInt16(bytes.count)
        let sizes = [length, ~length].flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        return [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1] + sizes + bytes
            + int32([Int32(bitPattern: crc32(bytes)), Int32(bytes.count)])
    }

    /// A brotli stream of one uncompressed meta-block (RFC 7932, section 9.2).
    package static func brotli(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.isEmpty { return [6] }
        // Window bits 16: 0. Not last: 0. Four nibbles of length: 00. Length less one: 16 bits. Uncompressed: 1.
        let head = (bytes.count - 1) << 4 | 1 << 20
        return (0..<3).map { UInt8(truncatingIfNeeded: head >> (8 * $0)) } + bytes + [3]
    }

    /// An LZ4 block of one sequence of literals.
    package static func lz4(_ bytes: [UInt8]) -> [UInt8] {
        var length = bytes.count - 15
        guard length >= 0 else { return [UInt8(bytes.count) << 4] + bytes }
        var head: [UInt8] = [0xf0]
        while length >= 255 {
            head.append(255)
            length -= 255
        }
        return head + [UInt8(length)] + bytes
    }

    /// The same in Hadoop's framing.
    package static func hadoopLz4(_ bytes: [UInt8]) -> [UInt8] {
        let block = lz4(bytes)
        return [bytes.count, block.count].flatMap { count in
            (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
        } + block
    }

    /// CRC-32 bit by bit.
    package static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return ~crc
    }
}
