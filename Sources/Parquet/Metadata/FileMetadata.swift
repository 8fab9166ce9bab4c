/// What the footer says about a file: schema, row groups, column chunks.
///
/// - Spec: parquet.thrift, struct `FileMetaData`. Unknown fields are passed over. `num_rows` is ignored: the row groups
///   decide.
public struct FileMetadata: Sendable {
    /// In file order.
    public let rowGroups: [RowGroup]
    /// The children of the schema's root, in file order.
    public let columns: [TopLevelColumn]
    /// The program that wrote the file, in its own words.
    public let createdBy: String?
    /// How each leaf's bounds were compared, in the order of the leaves; empty when the writer does not say, which leaves
    /// only the signed bounds of ``Statistics``.
    public let columnOrders: [ColumnOrder]
    /// Size of the whole file.
    public let objectByteCount: UInt64
    let schema: SchemaTree
    /// The Arrow schema that the writer stored, as it stands in the file.
    let storedSchema: String?

    /// Parses the bytes of ``Footer/metadataRange(tail:objectByteCount:limits:)``.
    ///
    /// - Parameter readsStatistics: whether statistics are wanted, which cost memory for every column chunk.
    /// - Throws: `.malformed` for bytes that are not file metadata; types of single columns are checked when they are
    ///   asked for.
    public init(
        parsing bytes: RawSpan, objectByteCount: UInt64, limits: ParquetLimits = .standard,
        readsStatistics: Bool = false
    ) throws(ParquetError) {
        do throws(ThriftError) {
            var reader = CompactReader(bytes)
            try self.init(
                parsing: &reader, objectByteCount: objectByteCount, limits: limits, readsStatistics: readsStatistics)
        } catch {
            switch error {
            case .truncated: throw .malformed("the file metadata ends early", at: .file)
            case .malformed(let what): throw .malformed("file metadata: " + what, at: .file)
            }
        }
    }

    private init(
        parsing reader: inout CompactReader, objectByteCount: UInt64, limits: ParquetLimits, readsStatistics: Bool
    ) throws(ThriftError) {
        var previous: Int16 = 0
        var schema: SchemaTree?
        var rowGroups: [RowGroup]?
        var createdBy: String?
        var storedSchema: String?
        var columnOrders: [ColumnOrder] = []
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 2: schema = try Self.readSchema(&reader, field, limits)
            case 4:
                guard let schema else { throw .malformed("row groups come before the schema") }
                rowGroups = try Self.readRowGroups(
                    &reader, field, leafCount: schema.leafCount, limits, readsStatistics: readsStatistics)
            case 5:
                // Pairs are for whoever knows them; what is wrong here is no reason to refuse the file.
                storedSchema = try? StoredSchema.text(in: reader, field)
                try reader.skip(field)
            case 6: createdBy = try reader.readString(field)
            case 7:
                // Only bounds depend on it, so that what is wrong here is no reason to refuse the file.
                columnOrders = (try? Self.readColumnOrders(reader, field)) ?? []
                try reader.skip(field)
            default: try reader.skip(field)
            }
        }
        guard let schema, let rowGroups else { throw .malformed("the schema or the row groups are missing") }
        self.schema = schema
        self.columns = schema.columns
        self.rowGroups = rowGroups
        self.createdBy = createdBy
        self.storedSchema = storedSchema
        self.columnOrders = columnOrders.count == schema.leafCount ? columnOrders : []
        self.objectByteCount = objectByteCount
    }

    private static func readSchema(
        _ reader: inout CompactReader, _ field: CompactReader.Field, _ limits: ParquetLimits
    ) throws(ThriftError) -> SchemaTree {
        let count = try reader.readStructureListCount(field)
        guard count <= limits.schemaElementCount else { throw .malformed("the schema has too many elements") }
        var elements: [SchemaElement] = []
        for _ in 0..<count { elements.append(try SchemaElement(parsing: &reader)) }
        return try SchemaTree(elements: elements, limits: limits)
    }

    private static func readColumnOrders(
        _ start: CompactReader, _ field: CompactReader.Field
    ) throws(ThriftError) -> [ColumnOrder] {
        var reader = start
        var orders: [ColumnOrder] = []
        for _ in 0..<(try reader.readStructureListCount(field)) { orders.append(try ColumnOrder(parsing: &reader)) }
        return orders
    }

    private static func readRowGroups(
        _ reader: inout CompactReader, _ field: CompactReader.Field, leafCount: Int, _ limits: ParquetLimits,
        readsStatistics: Bool
    ) throws(ThriftError) -> [RowGroup] {
        let count = try reader.readStructureListCount(field)
        guard count <= limits.rowGroupCount else { throw .malformed("the file has too many row groups") }
        guard count.multipliedReportingOverflow(by: leafCount).partialValue <= limits.columnChunkCount else {
            throw .malformed("the file has too many column chunks")
        }
        var rowGroups: [RowGroup] = []
        for _ in 0..<count {
            rowGroups.append(try RowGroup(parsing: &reader, leafCount: leafCount, readsStatistics: readsStatistics))
        }
        return rowGroups
    }
}
