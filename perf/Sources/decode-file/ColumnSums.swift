import Arrow
import Bytes

/// Sums over the values of each column that do not depend on where batches begin; `check_sums.py` computes the same.
struct ColumnSums {
    private var names: [String] = []
    private var nullCounts: [Int] = []
    private var values: [UInt32] = []
    private var lengths: [UInt32] = []
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
        for (index, field) in schema.fields.enumerated() {
            nullCounts[index] += batch.nodes[index].nullCount
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
            default:
                values[index] = Self.crc(values[index], bytes(1))
                buffer += 2
            }
        }
    }

    func show() {
        for index in names.indices {
            print("\(names[index]) nulls \(nullCounts[index]) values \(values[index]) lengths \(lengths[index])")
        }
    }
}
