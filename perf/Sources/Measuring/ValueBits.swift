public import Arrow

/// Bits of values in batches: what Arrow's layouts have in common, whoever made them.
///
/// Counted are fixed-width values, also those of null rows, and the bytes of strings; not counted are offsets, validity
/// and padding. `Whole/engines.py` counts the same.
public struct ValueBits {
    public private(set) var count = 0

    public init() {}

    public mutating func add(_ batch: RecordBatch, _ schema: Schema) {
        var walk = Walk(batch: batch)
        for field in schema.fields { count += walk.bits(of: field.type) }
    }

    /// Goes through the nodes and buffers of a batch in order.
    private struct Walk {
        let batch: RecordBatch
        var node = 0
        var buffer = 0
        var view = 0

        mutating func bits(of type: DataType) -> Int {
            let length = batch.nodes[node].length
            node += 1
            let first = buffer
            var sum = 0
            switch type {
            case .null: break
            case .utf8, .binary, .largeUtf8, .largeBinary:
                buffer += 3
                sum = batch.buffers[first + 2].count * 8
            case .utf8View, .binaryView:
                buffer += 2 + batch.variadicBufferCounts[view]
                view += 1
                sum = viewBits(batch.buffers[first + 1])
            case .listView, .largeListView: buffer += 3
            case .fixedSizeList, .structure: buffer += 1
            default:
                buffer += 2
                sum = length * (type.fixedBitWidth ?? 0)
            }
            for child in type.children { sum += bits(of: child.type) }
            return sum
        }

        private func viewBits(_ place: RecordBatch.Buffer) -> Int {
            guard let body = batch.body.first else { return 0 }
            return stride(from: place.offset, to: place.offset + place.count, by: 16).reduce(0) { sum, offset in
                sum + Int((body.base + offset).load(as: Int32.self)) * 8
            }
        }
    }
}
