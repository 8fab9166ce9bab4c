import Bytes

/// The values of a page, and which of them comes next.
enum EncodedValues {
    /// The bytes from `offset` on hold the next values.
    case plain(Slice, offset: Int)
    /// Indices into the dictionary of the column chunk.
    case dictionary(HybridRuns)
    /// Bits, the next value being bit `next`.
    case bits(Slice, next: Int)
    /// Bits in runs.
    case bitRuns(HybridRuns)
    case deltas(DeltaBinaryPacked)
    case split(ByteStreamSplit)
    case lengths(DeltaLengthByteArray)
    case prefixed(DeltaByteArray)

    /// - Parameter bytes: what follows the levels.
    /// - Spec: parquet.thrift, enum `Encoding`; Parquet `Encodings.md` says which types each is for.
    init(_ bytes: Slice, encoding: Int32, leaf: Leaf, hasDictionary: Bool) throws(PageFailure) {
        guard (0...9).contains(encoding), encoding != 1 else { throw .unsupported("encoding number \(encoding)") }
        do throws(Defect) {
            switch (encoding, leaf.physicalType) {
            case (0, .boolean): self = .bits(bytes, next: 0)
            case (0, _): self = .plain(bytes, offset: 0)
            case (2, .boolean), (8, .boolean): throw Defect("a dictionary of BOOLEAN")
            case (2, _), (8, _): self = try Self.indices(bytes, hasDictionary: hasDictionary)
            case (3, .boolean): self = try Self.bitRuns(bytes)
            // A page of nulls may lack even the heads of its encoding.
            case (5...7, _) where bytes.count == 0, (9, _) where bytes.count == 0:
                self = leaf.physicalType == .boolean ? .bits(bytes, next: 0) : .plain(bytes, offset: 0)
            case (5, .int32): self = .deltas(try DeltaBinaryPacked(bytes, byteWidth: 4))
            case (5, .int64): self = .deltas(try DeltaBinaryPacked(bytes, byteWidth: 8))
            case (6, .byteArray): self = .lengths(try DeltaLengthByteArray(bytes))
            case (7, .byteArray), (7, .fixedLengthByteArray): self = .prefixed(try DeltaByteArray(bytes))
            // The length of a column that is always null is not checked before.
            case (9, .fixedLengthByteArray) where leaf.typeLength < 1:
                throw Defect("FIXED_LEN_BYTE_ARRAY of \(leaf.typeLength) bytes")
            case (9, .int32), (9, .int64), (9, .float), (9, .double), (9, .fixedLengthByteArray):
                self = .split(try ByteStreamSplit(bytes, byteWidth: leaf.physicalType.byteWidth ?? leaf.typeLength))
            default:
                throw Defect("encoding \(Self.names[Int(encoding)]) for \(leaf.physicalType.name)")
            }
        } catch { throw .defect(error) }
    }

    private static let names = [
        "PLAIN", "", "PLAIN_DICTIONARY", "RLE", "BIT_PACKED", "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY",
        "DELTA_BYTE_ARRAY", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT",
    ]

    private static func indices(_ bytes: Slice, hasDictionary: Bool) throws(Defect) -> Self {
        // A page of nulls may lack even the width.
        guard bytes.count > 0 else { return .dictionary(HybridRuns(bytes, bitWidth: 0)) }
        guard hasDictionary else { throw Defect("dictionary indices without a dictionary page") }
        let bitWidth = unsafe Int(bytes.base.load(as: UInt8.self))
        guard bitWidth <= 32 else { throw Defect("dictionary indices of \(bitWidth) bits") }
        return .dictionary(HybridRuns(bytes.extracting(1..<bytes.count), bitWidth: bitWidth))
    }

    private static func bitRuns(_ bytes: Slice) throws(Defect) -> Self {
        guard bytes.count > 0 else { return .bitRuns(HybridRuns(bytes, bitWidth: 1)) }
        let (runs, _) = try bytes.lengthPrefixed(at: 0)
        return .bitRuns(HybridRuns(runs, bitWidth: 1))
    }
}
