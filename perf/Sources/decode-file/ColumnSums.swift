import Arrow
import Bytes

/// Sums over the values of each column that do not depend on where batches begin; `check_sums.py` computes the same.
struct ColumnSums {
    private var names: [String] = []
    private var nullCounts: [Int] = []
    private var values: [UInt32] = []
    private var lengths: [UInt32] = []
    /// Names of the columns that are not summed: nested ones, and those whose bytes depend on where batches begin.
    private var skipped: Set<String> = []
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

    mutating func add(_ batch: RecordBatch, _ schema: Schema) {
        if names.isEmpty {
            names = schema.fields.map(\.name)
            nullCounts = names.map { _ in 0 }
            values = names.map { _ in 0 }
            lengths = values
        }
        guard let body = batch.body.first else { return }
        let all = UnsafeRawBufferPointer(start: body.base, count: body.count)
        var buffer = 0
        var node = 0
        var views = batch.variadicBufferCounts[...]
        for (index, field) in schema.fields.enumerated() {
            nullCounts[index] += batch.nodes[node].nullCount
            node += 1
            func bytes(_ position: Int) -> UnsafeRawBufferPointer {
                let place = batch.buffers[buffer + position]
                return UnsafeRawBufferPointer(rebasing: all[place.offset..<place.offset + place.count])
            }
            switch field.type {
            case .null: continue
            case .boolean: buffer += 2
            case .utf8, .binary:
                let offsets = bytes(1).assumingMemoryBound(to: Int32.self)
                let counts = (0..<batch.rowCount).map { offsets[$0 + 1] - offsets[$0] }
                lengths[index] = counts.withUnsafeBytes { Self.crc(lengths[index], $0) }
                values[index] = Self.crc(values[index], bytes(2))
                buffer += 3
            case .largeUtf8, .largeBinary, .utf8View, .binaryView, .dictionary, .list, .largeList, .listView,
                .largeListView, .fixedSizeList, .structure, .map:
                skipped.insert(field.name)
                pass(field.type, &node, &buffer, &views)
            default:
                values[index] = Self.crc(values[index], bytes(1))
                buffer += 2
            }
        }
    }

    /// Passes over the buffers of an array, and over the arrays below it.
    private func pass(_ type: DataType, _ node: inout Int, _ buffer: inout Int, _ views: inout ArraySlice<Int>) {
        switch type {
        case .null: break
        case .fixedSizeList, .structure: buffer += 1
        case .utf8, .binary, .largeUtf8, .largeBinary, .listView, .largeListView: buffer += 3
        case .utf8View, .binaryView: buffer += 2 + (views.popFirst() ?? 0)
        default: buffer += 2
        }
        for child in type.children {
            node += 1
            pass(child.type, &node, &buffer, &views)
        }
    }

    func show() {
        for index in names.indices {
            guard !skipped.contains(names[index]) else {
                print("\(names[index]) nulls \(nullCounts[index]) not summed")
                continue
            }
            print("\(names[index]) nulls \(nullCounts[index]) values \(values[index]) lengths \(lengths[index])")
        }
    }
}
