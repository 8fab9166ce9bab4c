import Arrow
import Bytes

/// Turns the values in the pages of one column chunk after the other into the data buffers of one array at a time.
///
/// Levels are not its business: it is told how many slots the array has, how many of them a value, and which.
protocol ValueDecoder: AnyObject {
    /// Whether the size of values is only known once they were staged.
    var isVariable: Bool { get }
    /// Bytes of a slot in the data buffers, as far as can be told beforehand.
    var bytesPerSlot: Double { get }
    /// Data buffers of an array of so many slots and values.
    func byteCounts(slotCount: Int, valueCount: Int) -> ValueByteCounts
    /// Bytes that the first values take besides, in a dictionary.
    func attachedByteCount(valueCount: Int) -> Int
    /// Starts the next column chunk.
    ///
    /// - Parameter bytesPerValue: average before compression, as the metadata says.
    func begin(bytesPerValue: Double)
    /// Forgets the dictionary and all that was staged.
    func finish()
    /// The PLAIN values of the dictionary page.
    func setDictionary(_ bytes: Slice, valueCount: Int, limits: ParquetLimits) throws(PageFailure)
    /// Learns the size of the next `count` values of a page.
    func stage(_ count: Int, of page: inout DataPage) throws(Defect)
    /// Bytes of the values that were staged and not written.
    var stagedByteCount: Int { get }
    /// Writes the next values of the pages, as many as were staged and at most until there are `valueCount`.
    func write(from queue: PageQueue, valueCount: Int, to target: ValueTarget) throws(ParquetError)
    /// The values are all there: gives each its slot.
    ///
    /// - Parameter bitmap: one bit a slot, set where there is a value; nil when there is one everywhere.
    func spread(slotCount: Int, valueCount: Int, bitmap: Slice?, in target: ValueTarget) throws(Defect)
    /// The dictionary that the array just written needs and that was not sent yet.
    func takeDictionary() -> RecordBatch?
}

extension ValueDecoder {
    var isVariable: Bool { false }
    var stagedByteCount: Int { 0 }
    func attachedByteCount(valueCount: Int) -> Int { 0 }
    func stage(_ count: Int, of page: inout DataPage) throws(Defect) {}
    func takeDictionary() -> RecordBatch? { nil }
}

/// The places of the data buffers of one array in the body.
struct ValueTarget {
    /// The body and its slack.
    let body: Slice
    let byteCounts: ValueByteCounts
    private let first: Int
    private let second: Int

    /// - Parameter buffers: of the whole batch.
    init(body: Slice, buffers: [RecordBatch.Buffer], from index: Int, byteCounts: ValueByteCounts) {
        self.body = body
        self.byteCounts = byteCounts
        first = byteCounts.count > 0 ? buffers[index].offset : 0
        second = byteCounts.count > 1 ? buffers[index + 1].offset : 0
        for offset in 0..<byteCounts.count { precondition(buffers[index + offset].count == byteCounts[offset]) }
    }

    /// Buffer `index` without its padding.
    func buffer(_ index: Int) -> Slice {
        let start = start(index)
        return body.extracting(start..<start + byteCounts[index])
    }

    /// Buffer `index` with all that follows; later buffers are written later.
    func bufferAndRest(_ index: Int) -> Slice { body.extracting(start(index)..<body.count) }

    private func start(_ index: Int) -> Int { index == 0 ? first : second }
}

extension LeafValues {
    /// The decoder of a leaf's values.
    func decoder(_ leaf: Leaf, scan: ScanResources) -> any ValueDecoder {
        switch self {
        case .null: NullValues()
        case .boolean: BooleanValues(scan: scan)
        case .fixedWidth(let conversion): FixedWidthValues(conversion, scan: scan)
        case .byteArray(let form): ByteArrayValues(form, scan: scan)
        case .dictionary(let indexByteWidth, let isSigned, let values):
            DictionaryValues(
                indexByteWidth: indexByteWidth, isSigned: isSigned, values: values,
                inner: values.withPlainOffsets.decoder(leaf, scan: scan), scan: scan)
        }
    }

    /// The same values, byte arrays in the layout that is looked up.
    private var withPlainOffsets: LeafValues {
        guard case .byteArray(let form) = self else { return self }
        return .byteArray(ByteArrayForm(isUTF8: form.isUTF8, layout: .offsets32))
    }
}
