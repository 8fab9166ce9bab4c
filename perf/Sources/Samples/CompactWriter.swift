/// Writes structures in Thrift's compact protocol.
struct CompactWriter {
    private(set) var bytes: [UInt8] = []
    private var previousID: Int16 = 0

    private mutating func varint(_ value: UInt64) { Bits.appendVarint(value, to: &bytes) }

    private mutating func zigzag(_ value: Int64) { varint(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    /// Fields come in rising order, at most 15 apart.
    private mutating func head(_ id: Int16, _ type: UInt8) {
        bytes.append(UInt8(id - previousID) << 4 | type)
        previousID = id
    }

    private mutating func listHead(_ count: Int, _ type: UInt8) {
        if count < 15 {
            bytes.append(UInt8(count) << 4 | type)
        } else {
            bytes.append(0xf0 | type)
            varint(UInt64(count))
        }
    }

    private mutating func text(_ value: String) {
        varint(UInt64(value.utf8.count))
        bytes += value.utf8
    }

    mutating func int32(_ id: Int16, _ value: Int?) {
        guard let value else { return }
        head(id, 5)
        zigzag(Int64(value))
    }

    mutating func int64(_ id: Int16, _ value: Int?) {
        guard let value else { return }
        head(id, 6)
        zigzag(Int64(value))
    }

    mutating func string(_ id: Int16, _ value: String) {
        head(id, 8)
        text(value)
    }

    mutating func strings(_ id: Int16, _ values: [String]) {
        head(id, 9)
        listHead(values.count, 8)
        for value in values { text(value) }
    }

    mutating func structure(_ id: Int16, _ fields: (inout CompactWriter) -> Void) {
        head(id, 12)
        bytes += Self.structure(fields)
    }

    mutating func structures<Item>(_ id: Int16, _ items: [Item], _ fields: (inout CompactWriter, Item) -> Void) {
        head(id, 9)
        listHead(items.count, 12)
        for item in items { bytes += Self.structure { fields(&$0, item) } }
    }

    /// A structure by itself, with the mark of its end.
    static func structure(_ fields: (inout CompactWriter) -> Void) -> [UInt8] {
        var writer = CompactWriter()
        fields(&writer)
        return writer.bytes + [0]
    }
}
