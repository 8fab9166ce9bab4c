import Bytes

/// A data page that is ready to be decoded, and how far that has come.
///
/// An entry is a pair of levels: a row in a flat column, an element or what stands for none in a nested one.
struct DataPage {
    /// nil where no level is above 0.
    var repetition: HybridRuns?
    var definition: HybridRuns?
    var values: EncodedValues
    /// Entries whose levels were not looked at yet.
    var unstagedCount: Int
    /// Values of entries that were looked at but not written yet.
    var stagedValueCount = 0
    /// Counted from 0 in the column chunk.
    let index: Int
    /// Where the page lies in its column chunk, if its bytes are still those of a part.
    let offsetInPlace: Int?
    /// What the page was decompressed into.
    var memory: Block?

    /// Lets go of everything that lies in the page and gives its memory away.
    mutating func takeMemory(leaving nothing: Slice) -> Block? {
        repetition = nil
        definition = nil
        values = .plain(nothing, offset: 0)
        return memory.take()
    }

    var isDone: Bool { unstagedCount == 0 && stagedValueCount == 0 }

    /// Looks at the levels of `count` more entries of a flat column; returns how many have a value.
    mutating func stage(_ count: Int, into validity: inout StagedValidity) throws(Defect) -> Int {
        precondition(count <= unstagedCount)
        let valueCount: Int
        if definition != nil {
            valueCount = try validity.append(&definition!, count: count)
        } else {
            validity.append(isValid: true, count: count)
            valueCount = count
        }
        unstagedCount -= count
        stagedValueCount += valueCount
        return valueCount
    }

    /// Looks at the levels of `count` more entries of a nested column; returns how many have a value.
    mutating func stage(_ count: Int, into staged: inout StagedLevels) throws(Defect) -> Int {
        precondition(count <= unstagedCount)
        let valueCount = try staged.append(count, &repetition, &definition)
        unstagedCount -= count
        stagedValueCount += valueCount
        return valueCount
    }
}

/// Why a page cannot be read.
enum PageFailure: Error {
    case defect(Defect)
    case unsupported(String)
    case tooLarge(String)
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
