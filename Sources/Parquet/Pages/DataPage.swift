import Bytes

/// A data page that is ready to be decoded, and how far that has come.
struct DataPage {
    /// How the values lie in the page.
    enum Values {
        /// The bytes from `offset` on hold the next values.
        case plain(Slice, offset: Int)
        /// Indices into the dictionary of the column chunk.
        case dictionary(HybridRuns)
        /// Bits, the next value being bit `next`.
        case bits(Slice, next: Int)
        /// Bits in runs.
        case bitRuns(HybridRuns)
    }

    /// nil for a required column.
    var levels: HybridRuns?
    var values: Values
    /// Rows whose levels were not looked at yet.
    var unstagedRowCount: Int
    /// Values of rows that were looked at but not written yet.
    var stagedValueCount = 0
    /// Counted from 0 in the column chunk.
    let index: Int
    /// Where the page lies in its column chunk, if its bytes are still those of a part.
    let offsetInPlace: Int?

    var isDone: Bool { unstagedRowCount == 0 && stagedValueCount == 0 }

    /// Looks at the levels of `rowCount` more rows.
    mutating func stage(_ rowCount: Int, into validity: inout StagedValidity) throws(Defect) -> Int {
        precondition(rowCount <= unstagedRowCount)
        let valueCount: Int
        if levels != nil {
            valueCount = try DefinitionLevels.decode(&levels!, rowCount: rowCount, into: &validity)
        } else {
            validity.append(isValid: true, count: rowCount)
            valueCount = rowCount
        }
        unstagedRowCount -= rowCount
        stagedValueCount += valueCount
        return valueCount
    }
}

extension DataPage.Values {
    /// - Parameter bytes: what follows the levels.
    init(
        _ bytes: Slice, encoding: Int32, physicalType: PhysicalType, hasDictionary: Bool
    ) throws(PageFailure) {
        switch (encoding, physicalType) {
        case (0, .boolean): self = .bits(bytes, next: 0)
        case (0, _): self = .plain(bytes, offset: 0)
        case (2, _), (8, _):
            guard physicalType != .boolean else { throw .defect(Defect("a dictionary of BOOLEAN")) }
            self = try Self.indices(bytes, hasDictionary: hasDictionary)
        case (3, .boolean): self = try Self.bitRuns(bytes)
        case (3, _): throw .defect(Defect("encoding RLE for \(physicalType.name)"))
        default: throw .unsupported("encoding " + Self.name(encoding))
        }
    }

    private static func indices(_ bytes: Slice, hasDictionary: Bool) throws(PageFailure) -> Self {
        // A page of nulls may lack even the width.
        guard bytes.count > 0 else { return .dictionary(HybridRuns(bytes, bitWidth: 0)) }
        guard hasDictionary else { throw .defect(Defect("dictionary indices without a dictionary page")) }
        let bitWidth = unsafe Int(bytes.base.load(as: UInt8.self))
        guard bitWidth <= 32 else { throw .defect(Defect("dictionary indices of \(bitWidth) bits")) }
        return .dictionary(HybridRuns(bytes.extracting(1..<bytes.count), bitWidth: bitWidth))
    }

    private static func bitRuns(_ bytes: Slice) throws(PageFailure) -> Self {
        guard bytes.count > 0 else { return .bitRuns(HybridRuns(bytes, bitWidth: 1)) }
        do throws(Defect) {
            let (runs, _) = try bytes.lengthPrefixed(at: 0)
            return .bitRuns(HybridRuns(runs, bitWidth: 1))
        } catch { throw .defect(error) }
    }

    private static func name(_ encoding: Int32) -> String {
        switch encoding {
        case 4: "BIT_PACKED"
        case 5: "DELTA_BINARY_PACKED"
        case 6: "DELTA_LENGTH_BYTE_ARRAY"
        case 7: "DELTA_BYTE_ARRAY"
        case 9: "BYTE_STREAM_SPLIT"
        default: "number \(encoding)"
        }
    }
}

/// Why a page cannot be read.
enum PageFailure: Error {
    case defect(Defect)
    case unsupported(String)
}

extension Slice {
    /// The bytes after a 4-byte length, and where they end.
    func lengthPrefixed(at offset: Int) throws(Defect) -> (bytes: Slice, end: Int) {
        guard count - offset >= 4 else { throw Defect("a length ends early") }
        let length = Int(UInt32(littleEndian: unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard length <= count - offset - 4 else { throw Defect("a length goes past the end of the page") }
        return (extracting(offset + 4..<offset + 4 + length), offset + 4 + length)
    }
}
