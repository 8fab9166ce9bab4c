/// Writes structures in Thrift's compact protocol, right or wrong as the test wants.
package struct ThriftWriter {
    package var bytes: [UInt8] = []
    private var previous: [Int16] = [0]

    package init() {}

    package mutating func varint(_ value: UInt64) {
        var left = value
        while left >= 0x80 {
            bytes.append(UInt8(left & 0x7f) | 0x80)
            left >>= 7
        }
        bytes.append(UInt8(left))
    }

    package mutating func zigzag(_ value: Int64) { varint(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    package mutating func head(_ id: Int16, _ type: UInt8) {
        let delta = id - previous[previous.count - 1]
        if (1...15).contains(delta) {
            bytes.append(UInt8(delta) << 4 | type)
        } else {
            bytes.append(type)
            zigzag(Int64(id))
        }
        previous[previous.count - 1] = id
    }

    package mutating func boolean(_ id: Int16, _ value: Bool) { head(id, value ? 1 : 2) }

    package mutating func int8(_ id: Int16, _ value: Int8) {
        head(id, 3)
        bytes.append(UInt8(bitPattern: value))
    }

    package mutating func int32(_ id: Int16, _ value: Int32) {
        head(id, 5)
        zigzag(Int64(value))
    }

    package mutating func int64(_ id: Int16, _ value: Int64) {
        head(id, 6)
        zigzag(value)
    }

    package mutating func string(_ id: Int16, _ value: String) {
        head(id, 8)
        varint(UInt64(value.utf8.count))
        bytes += Array(value.utf8)
    }

    package mutating func structure(_ id: Int16, _ body: (inout ThriftWriter) -> Void) {
        head(id, 12)
        element(body)
    }

    package mutating func structures<Item>(_ id: Int16, _ items: [Item], _ body: (inout ThriftWriter, Item) -> Void) {
        head(id, 9)
        if items.count < 15 {
            bytes.append(UInt8(items.count) << 4 | 12)
        } else {
            bytes.append(0xfc)
            varint(UInt64(items.count))
        }
        for item in items { element { body(&$0, item) } }
    }

    /// A structure without a field head, such as a list element or the whole.
    package mutating func element(_ body: (inout ThriftWriter) -> Void) {
        previous.append(0)
        body(&self)
        bytes.append(0)
        previous.removeLast()
    }

    package static func structure(_ body: (inout ThriftWriter) -> Void) -> [UInt8] {
        var writer = ThriftWriter()
        writer.element(body)
        return writer.bytes
    }
}
