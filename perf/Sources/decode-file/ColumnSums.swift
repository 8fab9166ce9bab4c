import Arrow
import Bytes

/// Sums over the values of each array, also of those inside others, that do not depend on where batches begin;
/// `check_sums.py` computes the same.
struct ColumnSums {
    private struct Sum {
        let name: String
        var nullCount = 0
        var values: UInt32 = 0
        var lengths: UInt32 = 0
        /// Whether bytes or offsets depend on where batches begin.
        var isSkipped = false
    }

    /// In depth-first order of the schema.
    private var sums: [Sum] = []

    mutating func add(_ batch: RecordBatch, _ schema: Schema) {
        guard let body = batch.body.first else { return }
        var place = Place(batch: batch, body: UnsafeRawBufferPointer(start: body.base, count: body.count))
        for field in schema.fields { add(field.type, field.name, &place) }
    }

    /// How far a walk through a batch has come.
    private struct Place {
        let batch: RecordBatch
        let body: UnsafeRawBufferPointer
        var node = 0
        var buffer = 0
        var view = 0

        /// A buffer of the array at hand.
        func bytes(_ position: Int) -> UnsafeRawBufferPointer {
            let place = batch.buffers[buffer + position]
            return UnsafeRawBufferPointer(rebasing: body[place.offset..<place.offset + place.count])
        }
    }

    private mutating func add(_ type: DataType, _ name: String, _ place: inout Place) {
        let index = place.node
        if index == sums.count { sums.append(Sum(name: name)) }
        let node = place.batch.nodes[index]
        place.node += 1
        sums[index].nullCount += node.nullCount
        switch type {
        case .null: break
        case .boolean: place.buffer += 2
        case .utf8, .binary, .list, .map:
            let offsets = place.bytes(1).assumingMemoryBound(to: Int32.self)
            let counts = (0..<node.length).map { offsets[$0 + 1] - offsets[$0] }
            sums[index].lengths = counts.withUnsafeBytes { Self.crc(sums[index].lengths, $0) }
            place.buffer += 2
            guard type.children.isEmpty else { break }
            sums[index].values = Self.crc(sums[index].values, place.bytes(0))
            place.buffer += 1
        case .structure, .fixedSizeList: place.buffer += 1
        case .largeUtf8, .largeBinary, .largeList, .listView, .largeListView, .utf8View, .binaryView, .dictionary:
            sums[index].isSkipped = true
            pass(type, &place)
        default:
            sums[index].values = Self.crc(sums[index].values, place.bytes(1))
            place.buffer += 2
        }
        for child in type.children { add(child.type, "\(name).\(Self.name(of: child, in: type))", &place) }
    }

    /// Fields of structures have names; what lists call their elements varies from writer to writer.
    private static func name(of child: Field, in type: DataType) -> String {
        switch type {
        case .structure: child.name
        case .map: "entries"
        default: "element"
        }
    }

    /// Passes over the buffers of an array.
    private func pass(_ type: DataType, _ place: inout Place) {
        switch type {
        case .utf8View, .binaryView:
            place.buffer += 2 + place.batch.variadicBufferCounts[place.view]
            place.view += 1
        case .dictionary, .largeList: place.buffer += 2
        default: place.buffer += 3
        }
    }

    func show() {
        for sum in sums {
            print(
                "\(sum.name) nulls \(sum.nullCount)",
                sum.isSkipped ? "not summed" : "values \(sum.values) lengths \(sum.lengths)")
        }
    }

    /// CRC-32 as in zlib.
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }

    private static func crc(_ start: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            var crc = ~start
            for byte in bytes { crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
            return ~crc
        }
    }
}
