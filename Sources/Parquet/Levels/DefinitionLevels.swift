import Bytes

/// Definition levels of a flat optional column: one bit a row, 0 for null.
///
/// - Spec: Parquet README, "Nulls" and "Nested Encoding".
enum DefinitionLevels {
    /// Moves the levels of `rowCount` rows to `validity`; returns how many rows have a value.
    ///
    /// - Throws: when the levels end early or are neither 0 nor 1.
    static func decode(
        _ runs: inout HybridRuns, rowCount: Int, into validity: inout StagedValidity
    ) throws(Defect) -> Int {
        var left = rowCount
        var validCount = 0
        while left > 0 {
            guard let run = try runs.next(limit: left) else { throw Defect("the definition levels end early") }
            switch run {
            case .repeated(let level, let count):
                guard level <= 1 else { throw Defect("a definition level is larger than 1") }
                validity.append(isValid: level == 1, count: count)
                validCount += level == 1 ? count : 0
                left -= count
            case .packed(let byteRange, let first, let count):
                validCount += unsafe validity.append(bits: runs.bits(byteRange), first: first, count: count)
                left -= count
            }
        }
        return validCount
    }
}
