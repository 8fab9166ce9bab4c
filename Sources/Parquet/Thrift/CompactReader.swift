/// The bytes are not a Thrift compact structure.
enum ThriftError: Error, Equatable {
    /// More bytes might help.
    case truncated
    case malformed(String)
}

/// Reads values in Thrift's compact protocol.
///
/// - Spec: thrift-compact-protocol.md.
/// - Cost: allocates only for strings.
struct CompactReader: ~Escapable {
    /// The wire type of a field or a list element.
    enum FieldType: UInt8 {
        case booleanTrue = 1, booleanFalse, byte, int16, int32, int64, double, binary, list, set, map, structure, uuid
    }

    /// The head of one field; its value is read or skipped next.
    struct Field {
        let id: Int16
        let type: FieldType
    }

    /// Deepest nesting of what is skipped.
    private static let depthLimit = 64

    private let bytes: RawSpan
    private(set) var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    var remaining: Int { bytes.byteCount - offset }

    /// Reads the head of the next field, or nil at the end of the structure.
    ///
    /// - Parameter previous: the id of the field before, kept by the caller because structures nest.
    mutating func readField(after previous: inout Int16) throws(ThriftError) -> Field? {
        let head = try readByte()
        if head == 0 { return nil }
        guard let type = FieldType(rawValue: head & 0x0f) else { throw .malformed("unknown Thrift type") }
        let delta = Int16(head >> 4)
        if delta == 0 {
            guard let id = Int16(exactly: try readZigzag()) else { throw .malformed("Thrift field id out of range") }
            previous = id
        } else {
            let (id, overflow) = previous.addingReportingOverflow(delta)
            guard !overflow else { throw .malformed("Thrift field id out of range") }
            previous = id
        }
        return Field(id: previous, type: type)
    }

    /// The value of a boolean field lies in its type.
    func boolean(_ field: Field) throws(ThriftError) -> Bool {
        switch field.type {
        case .booleanTrue: true
        case .booleanFalse: false
        default: throw .malformed("Thrift field \(field.id) is not a boolean")
        }
    }

    mutating func readInt8(_ field: Field) throws(ThriftError) -> Int8 {
        guard field.type == .byte else { throw .malformed("Thrift field \(field.id) is not a byte") }
        return Int8(bitPattern: try readByte())
    }

    mutating func readInt16(_ field: Field) throws(ThriftError) -> Int16 {
        guard field.type == .int16 else { throw .malformed("Thrift field \(field.id) is not a 16-bit integer") }
        guard let value = Int16(exactly: try readZigzag()) else { throw .malformed("16-bit integer out of range") }
        return value
    }

    mutating func readInt32(_ field: Field) throws(ThriftError) -> Int32 {
        guard field.type == .int32 else { throw .malformed("Thrift field \(field.id) is not a 32-bit integer") }
        guard let value = Int32(exactly: try readZigzag()) else { throw .malformed("32-bit integer out of range") }
        return value
    }

    mutating func readInt64(_ field: Field) throws(ThriftError) -> Int64 {
        guard field.type == .int64 else { throw .malformed("Thrift field \(field.id) is not a 64-bit integer") }
        return try readZigzag()
    }

    /// Reads a string and checks that it is UTF-8.
    mutating func readString(_ field: Field) throws(ThriftError) -> String {
        guard field.type == .binary else { throw .malformed("Thrift field \(field.id) is not a string") }
        let count = try readCount()
        let text = bytes.extracting(offset..<offset + count)
        offset += count
        let copy = unsafe text.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        guard let copy else { throw .malformed("a string is not UTF-8") }
        return copy
    }

    /// Reads bytes of any kind.
    mutating func readBytes(_ field: Field) throws(ThriftError) -> [UInt8] {
        guard field.type == .binary else { throw .malformed("Thrift field \(field.id) is not binary") }
        return try readBytes()
    }

    mutating func readBytesList(_ field: Field) throws(ThriftError) -> [[UInt8]] {
        var list: [[UInt8]] = []
        for _ in 0..<(try readListCount(field, of: [.binary])) { list.append(try readBytes()) }
        return list
    }

    mutating func readInt64List(_ field: Field) throws(ThriftError) -> [Int64] {
        var list: [Int64] = []
        for _ in 0..<(try readListCount(field, of: [.int64])) { list.append(try readZigzag()) }
        return list
    }

    mutating func readBooleanList(_ field: Field) throws(ThriftError) -> [Bool] {
        var list: [Bool] = []
        // Writers name the element type by either of the two boolean types; an element is one byte.
        for _ in 0..<(try readListCount(field, of: [.booleanTrue, .booleanFalse])) { list.append(try readByte() == 1) }
        return list
    }

    private mutating func readListCount(_ field: Field, of types: Set<FieldType>) throws(ThriftError) -> Int {
        guard field.type == .list else { throw .malformed("Thrift field \(field.id) is not a list") }
        let (count, type) = try readListHead()
        guard types.contains(type) || count == 0 else { throw .malformed("a list holds something else") }
        return count
    }

    private mutating func readBytes() throws(ThriftError) -> [UInt8] {
        let count = try readCount()
        defer { offset += count }
        return unsafe bytes.extracting(offset..<offset + count).withUnsafeBytes { unsafe [UInt8]($0) }
    }

    /// Reads the head of a list field of structures and returns the number of elements, each of at least one byte.
    mutating func readStructureListCount(_ field: Field) throws(ThriftError) -> Int {
        guard field.type == .list else { throw .malformed("Thrift field \(field.id) is not a list") }
        let (count, type) = try readListHead()
        guard type == .structure || count == 0 else { throw .malformed("a list does not hold structures") }
        return count
    }

    func requireStructure(_ field: Field) throws(ThriftError) {
        guard field.type == .structure else { throw .malformed("Thrift field \(field.id) is not a structure") }
    }

    /// Passes over the value of a field.
    mutating func skip(_ field: Field) throws(ThriftError) {
        try skip(field.type, depth: 0, isElement: false)
    }

    private mutating func skip(_ type: FieldType, depth: Int, isElement: Bool) throws(ThriftError) {
        guard depth < Self.depthLimit else { throw .malformed("Thrift structures are nested too deeply") }
        switch type {
        case .booleanTrue, .booleanFalse: if isElement { _ = try readByte() }
        case .byte: _ = try readByte()
        case .int16, .int32, .int64: _ = try readVarint()
        case .double: try advance(8)
        case .uuid: try advance(16)
        case .binary: try advance(readCount())
        case .list, .set:
            let (count, element) = try readListHead()
            for _ in 0..<count { try skip(element, depth: depth + 1, isElement: true) }
        case .map:
            let count = try readCount()
            if count == 0 { return }
            let types = try readByte()
            guard let key = FieldType(rawValue: types >> 4), let value = FieldType(rawValue: types & 0x0f) else {
                throw .malformed("unknown Thrift type")
            }
            for _ in 0..<count {
                try skip(key, depth: depth + 1, isElement: true)
                try skip(value, depth: depth + 1, isElement: true)
            }
        case .structure:
            var previous: Int16 = 0
            while let field = try readField(after: &previous) {
                try skip(field.type, depth: depth + 1, isElement: false)
            }
        }
    }

    private mutating func readListHead() throws(ThriftError) -> (count: Int, type: FieldType) {
        let head = try readByte()
        let short = Int(head >> 4)
        let count = short == 15 ? try readCount() : short
        guard count <= remaining else { throw .truncated }
        guard let type = FieldType(rawValue: head & 0x0f) else {
            guard count == 0 else { throw .malformed("unknown Thrift type") }
            return (0, .structure)
        }
        return (count, type)
    }

    /// Reads a count of bytes or elements; each needs at least one byte, so it is bounded by what is left.
    private mutating func readCount() throws(ThriftError) -> Int {
        let value = try readVarint()
        guard value <= UInt64(Int32.max) else { throw .malformed("a Thrift count is out of range") }
        guard Int(value) <= remaining else { throw .truncated }
        return Int(value)
    }

    private mutating func readZigzag() throws(ThriftError) -> Int64 {
        let value = try readVarint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    private mutating func readVarint() throws(ThriftError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try readByte()
            guard shift < 63 || byte <= 1 else { throw .malformed("a Thrift integer has too many bits") }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    private mutating func readByte() throws(ThriftError) -> UInt8 {
        guard offset < bytes.byteCount else { throw .truncated }
        let byte = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
        offset += 1
        return byte
    }

    private mutating func advance(_ count: Int) throws(ThriftError) {
        guard count <= remaining else { throw .truncated }
        offset += count
    }
}
