/// The bytes of one FlatBuffer that came from outside.
///
/// Tables may share children, so a small buffer can describe a tree of any size: what is read from it is therefore charged
/// to an allowance in proportion to the bytes that came.
///
/// - Spec: FlatBuffers binary format. Alignment is not required.
final class FlatBuffer {
    /// What may be read for each byte of the buffer: far above what an honest writer shares.
    private static let allowancePerByte = 16

    let bytes: [UInt8]
    private var allowance: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        allowance = bytes.count * Self.allowancePerByte
    }

    /// The table that the first four bytes point to.
    func root(_ name: String) throws(ArrowError) -> FlatBufferTable {
        guard let offset = integer(at: 0, as: UInt32.self) else {
            throw .malformed(table: name, field: "root", .outOfBounds)
        }
        return try FlatBufferTable(self, start: Int(offset), name: name)
    }

    /// One little-endian integer; nil outside the bytes.
    func integer<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Value? {
        let width = Value.bitWidth / 8
        guard offset >= 0, offset <= bytes.count - width else { return nil }
        var value: Value = 0
        for position in 0..<width { value |= Value(truncatingIfNeeded: bytes[offset + position]) << (8 * position) }
        return value
    }

    /// Charges what is about to be read; false when the allowance is used up.
    func charge(_ byteCount: Int) -> Bool {
        guard byteCount <= allowance else { return false }
        allowance -= byteCount
        return true
    }
}

/// One table of a FlatBuffer; every read is checked against the table, its vtable and the buffer.
///
/// - Throws: `.malformed` with the table's and the field's name.
struct FlatBufferTable {
    private static let vtableHeadByteCount = 4

    /// For errors.
    let name: String
    /// First byte, counted from the start of the buffer.
    let start: Int
    private let buffer: FlatBuffer
    private let byteCount: Int
    private let vtable: Range<Int>

    init(_ buffer: FlatBuffer, start: Int, name: String) throws(ArrowError) {
        guard buffer.charge(Self.vtableHeadByteCount) else { throw .malformed(table: name, field: "table", .tooLarge) }
        guard let distance = buffer.integer(at: start, as: Int32.self),
            let vtableByteCount = buffer.integer(at: start - Int(distance), as: UInt16.self),
            let byteCount = buffer.integer(at: start - Int(distance) + 2, as: UInt16.self),
            vtableByteCount >= Self.vtableHeadByteCount,
            start - Int(distance) + Int(vtableByteCount) <= buffer.bytes.count,
            start + Int(byteCount) <= buffer.bytes.count
        else { throw .malformed(table: name, field: "vtable", .outOfBounds) }
        self.name = name
        self.start = start
        self.buffer = buffer
        self.byteCount = Int(byteCount)
        vtable = start - Int(distance)..<start - Int(distance) + Int(vtableByteCount)
    }

    /// An integer, or `standard` where the field is absent.
    func integer<Value: FixedWidthInteger>(
        _ slot: Int, _ field: String, default standard: Value
    ) throws(ArrowError) -> Value {
        guard let offset = try offset(of: slot, field, byteCount: Value.bitWidth / 8) else { return standard }
        guard let value = buffer.integer(at: offset, as: Value.self) else { throw malformed(field, .outOfBounds) }
        return value
    }

    /// A truth value; false where the field is absent.
    func bool(_ slot: Int, _ field: String) throws(ArrowError) -> Bool {
        try integer(slot, field, default: UInt8(0)) != 0
    }

    /// A table; nil where the field is absent.
    func table(_ slot: Int, _ field: String, _ childName: String) throws(ArrowError) -> FlatBufferTable? {
        guard let target = try target(of: slot, field) else { return nil }
        return try FlatBufferTable(buffer, start: target, name: childName)
    }

    /// A table that must be there.
    func requiredTable(_ slot: Int, _ field: String, _ childName: String) throws(ArrowError) -> FlatBufferTable {
        guard let table = try table(slot, field, childName) else { throw malformed(field, .missing) }
        return table
    }

    /// A text; nil where the field is absent.
    func string(_ slot: Int, _ field: String) throws(ArrowError) -> String? {
        guard let elements = try vector(slot, field, elementByteCount: 1) else { return nil }
        guard buffer.charge(elements.count) else { throw malformed(field, .tooLarge) }
        guard let text = String(validating: buffer.bytes[elements], as: UTF8.self) else {
            throw malformed(field, .notText)
        }
        return text
    }

    /// A vector of tables; empty where the field is absent.
    func tables(_ slot: Int, _ field: String, of childName: String) throws(ArrowError) -> [FlatBufferTable] {
        guard let elements = try vector(slot, field, elementByteCount: 4) else { return [] }
        var tables: [FlatBufferTable] = []
        for position in stride(from: elements.lowerBound, to: elements.upperBound, by: 4) {
            guard let offset = buffer.integer(at: position, as: UInt32.self) else {
                throw malformed(field, .outOfBounds)
            }
            tables.append(try FlatBufferTable(buffer, start: position + Int(offset), name: childName))
        }
        return tables
    }

    /// A vector of structs that are made of two 64-bit integers; nil where the field is absent.
    func pairs(_ slot: Int, _ field: String) throws(ArrowError) -> [(Int64, Int64)]? {
        let byteCount = 16
        guard let elements = try vector(slot, field, elementByteCount: byteCount) else { return nil }
        guard buffer.charge(elements.count) else { throw malformed(field, .tooLarge) }
        var pairs: [(Int64, Int64)] = []
        for position in stride(from: elements.lowerBound, to: elements.upperBound, by: byteCount) {
            guard let first = buffer.integer(at: position, as: Int64.self),
                let second = buffer.integer(at: position + 8, as: Int64.self)
            else { throw malformed(field, .outOfBounds) }
            pairs.append((first, second))
        }
        return pairs
    }

    /// A vector of 64-bit integers; empty where the field is absent.
    func integers(_ slot: Int, _ field: String) throws(ArrowError) -> [Int64] {
        let byteCount = 8
        guard let elements = try vector(slot, field, elementByteCount: byteCount) else { return [] }
        guard buffer.charge(elements.count) else { throw malformed(field, .tooLarge) }
        var integers: [Int64] = []
        for position in stride(from: elements.lowerBound, to: elements.upperBound, by: byteCount) {
            guard let integer = buffer.integer(at: position, as: Int64.self) else {
                throw malformed(field, .outOfBounds)
            }
            integers.append(integer)
        }
        return integers
    }

    /// The error that names this table.
    func malformed(_ field: String, _ defect: ArrowError.Defect) -> ArrowError {
        .malformed(table: name, field: field, defect)
    }

    // MARK: Offsets

    /// Where a field's own bytes lie; nil where it is absent.
    private func offset(of slot: Int, _ field: String, byteCount width: Int) throws(ArrowError) -> Int? {
        let entry = vtable.lowerBound + Self.vtableHeadByteCount + 2 * slot
        guard entry + 2 <= vtable.upperBound else { return nil }
        guard let offset = buffer.integer(at: entry, as: UInt16.self) else { throw malformed(field, .outOfBounds) }
        guard offset > 0 else { return nil }
        guard Int(offset) + width <= byteCount else { throw malformed(field, .outOfBounds) }
        return start + Int(offset)
    }

    /// Where a field's offset points to; nil where the field is absent.
    private func target(of slot: Int, _ field: String) throws(ArrowError) -> Int? {
        guard let offset = try offset(of: slot, field, byteCount: 4) else { return nil }
        guard let distance = buffer.integer(at: offset, as: UInt32.self) else { throw malformed(field, .outOfBounds) }
        return offset + Int(distance)
    }

    /// Where a vector's elements lie; nil where the field is absent.
    private func vector(_ slot: Int, _ field: String, elementByteCount: Int) throws(ArrowError) -> Range<Int>? {
        guard let target = try target(of: slot, field) else { return nil }
        guard let count = buffer.integer(at: target, as: UInt32.self) else { throw malformed(field, .outOfBounds) }
        let start = target + 4
        guard Int(count) <= (buffer.bytes.count - start) / elementByteCount else {
            throw malformed(field, .outOfBounds)
        }
        return start..<start + Int(count) * elementByteCount
    }
}
