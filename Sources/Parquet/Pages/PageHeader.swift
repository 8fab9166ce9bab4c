/// What stands before a page.
///
/// - Spec: parquet.thrift, struct `PageHeader`.
struct PageHeader: Equatable {
    enum Kind: Equatable {
        case data(DataPageHeader)
        case dictionary(valueCount: Int, encoding: Int32)
        case index
    }

    var kind: Kind
    var uncompressedByteCount: Int
    var compressedByteCount: Int
    var checksum: UInt32?
    /// Bytes of the header itself.
    var byteCount: Int

    init(parsing bytes: RawSpan) throws(ThriftError) {
        var reader = CompactReader(bytes)
        var previous: Int16 = 0
        var type: Int32?
        var uncompressed: Int32?
        var compressed: Int32?
        var first: DataPageHeader?
        var second: DataPageHeader?
        var dictionary: (valueCount: Int, encoding: Int32)?
        checksum = nil
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: type = try reader.readInt32(field)
            case 2: uncompressed = try reader.readInt32(field)
            case 3: compressed = try reader.readInt32(field)
            case 4: checksum = UInt32(bitPattern: try reader.readInt32(field))
            case 5: first = try DataPageHeader(parsingVersion1: &reader, field)
            case 7: dictionary = try Self.readDictionary(&reader, field)
            case 8: second = try DataPageHeader(parsingVersion2: &reader, field)
            default: try reader.skip(field)
            }
        }
        guard let type, let uncompressed, let compressed, uncompressed >= 0, compressed >= 0 else {
            throw .malformed("page header without type or with impossible sizes")
        }
        switch type {
        case 0:
            guard let first else { throw .malformed("page header of a data page without its details") }
            kind = .data(first)
        case 1: kind = .index
        case 2:
            guard let dictionary else { throw .malformed("page header of a dictionary page without its details") }
            kind = .dictionary(valueCount: dictionary.valueCount, encoding: dictionary.encoding)
        case 3:
            guard let second else { throw .malformed("page header of a data page without its details") }
            kind = .data(second)
        default: throw .malformed("unknown page type \(type)")
        }
        uncompressedByteCount = Int(uncompressed)
        compressedByteCount = Int(compressed)
        byteCount = reader.offset
    }

    private static func readDictionary(
        _ reader: inout CompactReader, _ head: CompactReader.Field
    ) throws(ThriftError) -> (valueCount: Int, encoding: Int32) {
        try reader.requireStructure(head)
        var previous: Int16 = 0
        var valueCount: Int32?
        var encoding: Int32?
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: valueCount = try reader.readInt32(field)
            case 2: encoding = try reader.readInt32(field)
            default: try reader.skip(field)
            }
        }
        guard let valueCount, let encoding, valueCount >= 0 else {
            throw .malformed("dictionary page header without count or encoding")
        }
        return (Int(valueCount), encoding)
    }
}

/// The details of a data page of either version.
///
/// - Spec: parquet.thrift, structs `DataPageHeader` and `DataPageHeaderV2`.
struct DataPageHeader: Equatable {
    /// Where the levels lie.
    enum Layout: Equatable {
        /// Inside the compressed body, each with its length before it.
        case version1(repetitionLevelEncoding: Int32, definitionLevelEncoding: Int32)
        /// In front of the compressed body, with the lengths given here.
        case version2(definitionLevelByteCount: Int, repetitionLevelByteCount: Int, isCompressed: Bool)
    }

    var valueCount: Int
    var encoding: Int32
    var layout: Layout

    init(parsingVersion1 reader: inout CompactReader, _ head: CompactReader.Field) throws(ThriftError) {
        try reader.requireStructure(head)
        var previous: Int16 = 0
        var valueCount: Int32?
        var encoding: Int32?
        var definitionLevelEncoding: Int32 = 3
        var repetitionLevelEncoding: Int32 = 3
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: valueCount = try reader.readInt32(field)
            case 2: encoding = try reader.readInt32(field)
            case 3: definitionLevelEncoding = try reader.readInt32(field)
            case 4: repetitionLevelEncoding = try reader.readInt32(field)
            default: try reader.skip(field)
            }
        }
        guard let valueCount, let encoding, valueCount >= 0 else {
            throw .malformed("data page header without count or encoding")
        }
        self.valueCount = Int(valueCount)
        self.encoding = encoding
        layout = .version1(
            repetitionLevelEncoding: repetitionLevelEncoding, definitionLevelEncoding: definitionLevelEncoding)
    }

    init(parsingVersion2 reader: inout CompactReader, _ head: CompactReader.Field) throws(ThriftError) {
        try reader.requireStructure(head)
        var previous: Int16 = 0
        var valueCount: Int32?
        var encoding: Int32?
        var definitionLevelByteCount: Int32?
        var repetitionLevelByteCount: Int32?
        var isCompressed = true
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: valueCount = try reader.readInt32(field)
            case 4: encoding = try reader.readInt32(field)
            case 5: definitionLevelByteCount = try reader.readInt32(field)
            case 6: repetitionLevelByteCount = try reader.readInt32(field)
            case 7: isCompressed = try reader.boolean(field)
            default: try reader.skip(field)
            }
        }
        guard let valueCount, let encoding, let definitionLevelByteCount, let repetitionLevelByteCount,
            valueCount >= 0, definitionLevelByteCount >= 0, repetitionLevelByteCount >= 0
        else { throw .malformed("data page header without count, encoding or level lengths") }
        self.valueCount = Int(valueCount)
        self.encoding = encoding
        layout = .version2(
            definitionLevelByteCount: Int(definitionLevelByteCount),
            repetitionLevelByteCount: Int(repetitionLevelByteCount), isCompressed: isCompressed)
    }
}
