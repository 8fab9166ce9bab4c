/// A Parquet file of one row group, written page by page.
///
/// - Spec: parquet.thrift.
public struct SampleFile {
    public enum Physical: Int, Sendable { case boolean, int32, int64, int96, float, double, bytes, fixed }

    /// The encodings by their numbers in the specification.
    public enum Encoding: Int, Sendable {
        case plain = 0, rle = 3, delta = 5, deltaLength = 6, deltaText = 7, dictionary = 8, split = 9
    }

    public struct Page: Sendable {
        public var body: [UInt8]
        /// Values and nulls.
        public var valueCount: Int
        public var encoding: Encoding
        public var isDictionary = false

        public init(_ body: [UInt8], _ valueCount: Int, _ encoding: Encoding, isDictionary: Bool = false) {
            self.body = body
            self.valueCount = valueCount
            self.encoding = encoding
            self.isDictionary = isDictionary
        }
    }

    public struct Column: Sendable {
        public var name: String
        public var physical: Physical
        public var isOptional = false
        /// Whether rows are lists of optional elements; `isOptional` is of the list then.
        public var isList = false
        public var isText = false
        public var typeLength: Int?
        public var precision: Int?
        public var compression = Compression.none
        public var pages: [Page] = []

        public init(_ name: String, _ physical: Physical) {
            self.name = name
            self.physical = physical
        }

        fileprivate var path: [String] { isList ? [name, "list", "element"] : [name] }
    }

    public var rowCount: Int
    public var columns: [Column]

    public init(rowCount: Int, columns: [Column]) {
        self.rowCount = rowCount
        self.columns = columns
    }

    /// Where a column's pages lie in the file.
    private struct Chunk {
        var column: Column
        var start = 0
        var firstData = 0
        var storedCount = 0
        var plainCount = 0
    }

    public func bytes() -> [UInt8] {
        var file = Array("PAR1".utf8)
        var chunks: [Chunk] = []
        for column in columns {
            var chunk = Chunk(column: column, start: file.count, firstData: file.count)
            for page in column.pages {
                let stored = column.compression.compress(page.body)
                let head = Self.head(of: page, storedCount: stored.count)
                file += head + stored
                chunk.plainCount += head.count + page.body.count
                if page.isDictionary { chunk.firstData = file.count }
            }
            chunk.storedCount = file.count - chunk.start
            chunks.append(chunk)
        }
        let footer = footer(chunks)
        return file + footer + UInt32(footer.count).littleEndianBytes + "PAR1".utf8
    }

    private static func head(of page: Page, storedCount: Int) -> [UInt8] {
        CompactWriter.structure { head in
            head.int32(1, page.isDictionary ? 2 : 0)
            head.int32(2, page.body.count)
            head.int32(3, storedCount)
            head.structure(page.isDictionary ? 7 : 5) { data in
                data.int32(1, page.valueCount)
                data.int32(2, page.encoding.rawValue)
                guard !page.isDictionary else { return }
                data.int32(3, Encoding.rle.rawValue)
                data.int32(4, Encoding.rle.rawValue)
            }
        }
    }

    private func footer(_ chunks: [Chunk]) -> [UInt8] {
        CompactWriter.structure { file in
            file.int32(1, 2)
            file.structures(2, [Node.root(columns.count)] + columns.flatMap(Node.nodes)) { $1.write(to: &$0) }
            file.int64(3, rowCount)
            file.structures(4, [chunks]) { group, chunks in
                group.structures(1, chunks) { written, chunk in
                    written.int64(2, chunk.start)
                    written.structure(3) { Self.write(chunk, to: &$0) }
                }
                group.int64(2, chunks.reduce(0) { $0 + $1.plainCount })
                group.int64(3, rowCount)
            }
        }
    }

    private static func write(_ chunk: Chunk, to metadata: inout CompactWriter) {
        metadata.int32(1, chunk.column.physical.rawValue)
        metadata.strings(3, chunk.column.path)
        metadata.int32(4, chunk.column.compression.rawValue)
        metadata.int64(5, chunk.column.pages.reduce(0) { $0 + ($1.isDictionary ? 0 : $1.valueCount) })
        metadata.int64(6, chunk.plainCount)
        metadata.int64(7, chunk.storedCount)
        metadata.int64(9, chunk.firstData)
        metadata.int64(11, chunk.firstData > chunk.start ? chunk.start : nil)
    }
}

/// One element of the schema.
private struct Node {
    var name: String
    var physical: Int?
    var typeLength: Int?
    /// 0 required, 1 optional, 2 repeated.
    var repetition: Int?
    var childCount: Int?
    /// 0 text, 3 list, 5 decimal.
    var converted: Int?
    var precision: Int?

    static func root(_ childCount: Int) -> Node { Node(name: "root", childCount: childCount) }

    static func nodes(of column: SampleFile.Column) -> [Node] {
        let repetition = column.isOptional ? 1 : 0
        var leaf = Node(
            name: column.name, physical: column.physical.rawValue, typeLength: column.typeLength,
            repetition: repetition, converted: column.isText ? 0 : column.precision == nil ? nil : 5,
            precision: column.precision)
        guard column.isList else { return [leaf] }
        (leaf.name, leaf.repetition) = ("element", 1)
        return [
            Node(name: column.name, repetition: repetition, childCount: 1, converted: 3),
            Node(name: "list", repetition: 2, childCount: 1), leaf,
        ]
    }

    func write(to writer: inout CompactWriter) {
        writer.int32(1, physical)
        writer.int32(2, typeLength)
        writer.int32(3, repetition)
        writer.string(4, name)
        writer.int32(5, childCount)
        writer.int32(6, converted)
        writer.int32(7, precision.map { _ in 2 })
        writer.int32(8, precision)
    }
}
