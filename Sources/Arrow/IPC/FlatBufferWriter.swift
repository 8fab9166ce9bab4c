/// Builds one FlatBuffer back to front.
///
/// Bytes are kept in reverse, so that writing in front is an append; ``finish(root:)`` turns them around once. Children are
/// written before the tables that point to them, as the format demands.
///
/// - Spec: FlatBuffers binary format: tables, vtables, vectors, strings; little-endian.
struct FlatBufferWriter {
    /// Where an object starts, counted from the end of the buffer.
    struct Position {
        fileprivate let fromEnd: Int
    }

    /// One field of a table.
    enum Value {
        case int8(Int8)
        case bool(Bool)
        case int16(Int16)
        case int32(Int32)
        case int64(Int64)
        case offset(Position)
    }

    private var reversed: [UInt8] = []
    private var largestAlignment = 1

    /// Writes a table; a nil field is left at its default.
    mutating func table(_ fields: [Value?]) -> Position {
        let end = reversed.count
        var fieldPositions = [Int](repeating: 0, count: fields.count)
        // Wide fields last in memory order keeps the padding small; order in memory is free.
        for width in [8, 4, 2, 1] {
            for (index, field) in fields.enumerated() {
                guard let field, field.width == width else { continue }
                write(field)
                fieldPositions[index] = reversed.count
            }
        }
        align(4, before: 4)
        // The offset to the vtable, which comes directly in front of the table.
        let slot = reversed.count
        append(Int32(0))
        let start = reversed.count
        let vtableByteCount = 4 + 2 * fields.count
        let tableByteCount = start - end
        for index in fields.indices.reversed() {
            append(UInt16(fieldPositions[index] == 0 ? 0 : start - fieldPositions[index]))
        }
        append(UInt16(tableByteCount))
        append(UInt16(vtableByteCount))
        patch(slot, Int32(reversed.count - start))
        return Position(fromEnd: start)
    }

    mutating func string(_ text: String) -> Position {
        let bytes = Array(text.utf8)
        align(4, before: bytes.count + 1)
        reversed.append(0)
        reversed.append(contentsOf: bytes.reversed())
        append(UInt32(bytes.count))
        return Position(fromEnd: reversed.count)
    }

    mutating func vector(_ elements: [Position]) -> Position {
        align(4, before: 4 * elements.count)
        for element in elements.reversed() { appendOffset(to: element) }
        append(UInt32(elements.count))
        return Position(fromEnd: reversed.count)
    }

    /// A vector of structs that are made of 64-bit integers; `words` holds them one after another.
    mutating func vector(of structCount: Int, words: [Int64]) -> Position {
        align(4, before: 8 * words.count)
        align(8, before: 8 * words.count)
        for word in words.reversed() { append(word) }
        append(UInt32(structCount))
        return Position(fromEnd: reversed.count)
    }

    /// Embeds another finished FlatBuffer whole; its offsets are relative, so the tables in it stay what they are.
    ///
    /// - Parameter start: of the wanted table, counted from the first of `bytes`.
    mutating func embed(_ bytes: [UInt8], tableAt start: Int) -> Position {
        align(8, before: bytes.count)
        reversed.append(contentsOf: bytes.reversed())
        return Position(fromEnd: reversed.count - start)
    }

    /// The finished bytes, padded to a multiple of 8 at the end of which nothing points.
    consuming func finish(root: Position) -> [UInt8] {
        align(max(largestAlignment, 8), before: 4)
        appendOffset(to: root)
        reversed.reverse()
        return reversed
    }

    private mutating func write(_ value: Value) {
        align(value.width, before: value.width)
        switch value {
        case .int8(let number): append(number)
        case .bool(let flag): append(UInt8(flag ? 1 : 0))
        case .int16(let number): append(number)
        case .int32(let number): append(number)
        case .int64(let number): append(number)
        case .offset(let position): appendOffset(to: position)
        }
    }

    private mutating func appendOffset(to target: Position) {
        let here = reversed.count + 4
        append(UInt32(here - target.fromEnd))
    }

    /// Pads so that the object of `byteCount` bytes that comes next starts at a multiple of `alignment`.
    private mutating func align(_ alignment: Int, before byteCount: Int) {
        largestAlignment = max(largestAlignment, alignment)
        while (reversed.count + byteCount) % alignment != 0 { reversed.append(0) }
    }

    private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
            reversed.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private mutating func patch(_ slot: Int, _ number: Int32) {
        for (index, shift) in [24, 16, 8, 0].enumerated() {
            reversed[slot + index] = UInt8(truncatingIfNeeded: number >> Int32(shift))
        }
    }
}

extension FlatBufferWriter.Value {
    fileprivate var width: Int {
        switch self {
        case .int8, .bool: 1
        case .int16: 2
        case .int32, .offset: 4
        case .int64: 8
        }
    }
}
