/// Builds small Parquet files page by page; every size can be made to lie.
package struct FileBuilder {
    /// One schema element: a leaf or, with children, a group.
    package struct Column: Sendable {
        package var name = "c"
        package var physicalType: Int32 = 1
        package var typeLength: Int32?
        package var isOptional = false
        package var convertedType: Int32?
        package var scale: Int32?
        package var precision: Int32?
        package var fieldID: Int32?
        package var logicalType: (@Sendable (inout ThriftWriter) -> Void)?
        package var codec: Int32 = 0
        package var isRepeated = false
        package var children: [Column]?

        package init(
            name: String = "c", physicalType: Int32 = 1, typeLength: Int32? = nil, isOptional: Bool = false,
            convertedType: Int32? = nil, scale: Int32? = nil, precision: Int32? = nil, fieldID: Int32? = nil,
            logicalType: (@Sendable (inout ThriftWriter) -> Void)? = nil, codec: Int32 = 0
        ) {
            self.name = name
            self.physicalType = physicalType
            self.typeLength = typeLength
            self.isOptional = isOptional
            self.convertedType = convertedType
            self.scale = scale
            self.precision = precision
            self.fieldID = fieldID
            self.logicalType = logicalType
            self.codec = codec
        }
    }

    /// A page as it stands in the file: header and body.
    package struct Page: Sendable {
        package var bytes: [UInt8]
        package var isDictionary = false
        /// What the header of a data page says.
        package var valueCount: Int64 = 0

        package init(bytes: [UInt8], isDictionary: Bool = false, valueCount: Int64 = 0) {
            self.bytes = bytes
            self.isDictionary = isDictionary
            self.valueCount = valueCount
        }
    }

    package var columns: [Column]
    /// For each row group its row count and, for each leaf, the pages.
    package var rowGroups: [(rowCount: Int64, pages: [[Page]])] = []
    /// Lets a test spoil the metadata of a chunk.
    package var spoilChunk: ((inout ThriftWriter) -> Void)?
    /// Lets a test choose the `file_offset` of the chunks of a row group.
    package var fileOffset: ((_ rowGroup: Int) -> Int64)?
    /// Key-value pairs of the file metadata.
    package var keyValues: [(key: String, value: String)] = []

    package init(
        columns: [Column], rowGroups: [(rowCount: Int64, pages: [[Page]])] = [],
        spoilChunk: ((inout ThriftWriter) -> Void)? = nil
    ) {
        self.columns = columns
        self.rowGroups = rowGroups
        self.spoilChunk = spoilChunk
    }

    package static func page1(
        _ body: [UInt8], stored: [UInt8]? = nil, valueCount: Int32, encoding: Int32 = 0, checksum: UInt32? = nil,
        levelEncoding: Int32 = 3
    ) -> Page {
        let stored = stored ?? body
        let header = ThriftWriter.structure { writer in
            writer.int32(1, 0)
            writer.int32(2, Int32(body.count))
            writer.int32(3, Int32(stored.count))
            if let checksum { writer.int32(4, Int32(bitPattern: checksum)) }
            writer.structure(5) { data in
                data.int32(1, valueCount)
                data.int32(2, encoding)
                data.int32(3, levelEncoding)
                data.int32(4, levelEncoding)
            }
        }
        return Page(bytes: header + stored, valueCount: Int64(valueCount))
    }

    package static func page2(
        repetition: [UInt8] = [], levels: [UInt8], _ values: [UInt8], stored: [UInt8]? = nil, valueCount: Int32,
        encoding: Int32 = 0, isCompressed: Bool? = nil
    ) -> Page {
        let stored = stored ?? values
        let bothLevels = repetition + levels
        let header = ThriftWriter.structure { writer in
            writer.int32(1, 3)
            writer.int32(2, Int32(bothLevels.count + values.count))
            writer.int32(3, Int32(bothLevels.count + stored.count))
            writer.structure(8) { data in
                data.int32(1, valueCount)
                data.int32(2, 0)
                data.int32(3, valueCount)
                data.int32(4, encoding)
                data.int32(5, Int32(levels.count))
                data.int32(6, Int32(repetition.count))
                if let isCompressed { data.boolean(7, isCompressed) }
            }
        }
        return Page(bytes: header + bothLevels + stored, valueCount: Int64(valueCount))
    }

    package static func dictionary(_ body: [UInt8], stored: [UInt8]? = nil, valueCount: Int32) -> Page {
        let stored = stored ?? body
        let header = ThriftWriter.structure { writer in
            writer.int32(1, 2)
            writer.int32(2, Int32(body.count))
            writer.int32(3, Int32(stored.count))
            writer.structure(7) { data in
                data.int32(1, valueCount)
                data.int32(2, 0)
            }
        }
        return Page(bytes: header + stored, isDictionary: true)
    }

    /// An index page: to be passed over.
    package static let indexPage = Page(
        bytes: ThriftWriter.structure { writer in
            writer.int32(1, 1)
            writer.int32(2, 3)
            writer.int32(3, 3)
        } + [1, 2, 3])

    /// The whole file.
    package func bytes() -> [UInt8] {
        let elements = columns.flatMap(\.elements)
        let leaves = elements.filter { $0.children == nil }
        var file = Array("PAR1".utf8)
        var chunks: [[(start: Int, data: Int, count: Int)]] = []
        for rowGroup in rowGroups {
            var row: [(start: Int, data: Int, count: Int)] = []
            for pages in rowGroup.pages {
                let start = file.count
                var data = start
                for page in pages {
                    file += page.bytes
                    if page.isDictionary { data = file.count }
                }
                row.append((start, data, file.count - start))
            }
            chunks.append(row)
        }
        let metadata = ThriftWriter.structure { writer in
            writer.int32(1, 2)
            writer.structures(2, [-1] + Array(elements.indices)) { element, index in
                guard index >= 0 else {
                    element.string(4, "root")
                    element.int32(5, Int32(columns.count))
                    return
                }
                write(elements[index], &element)
            }
            writer.int64(3, rowGroups.reduce(0) { $0 &+ $1.rowCount })
            writer.structures(4, Array(rowGroups.indices)) { group, index in
                group.structures(1, Array(leaves.indices)) { chunk, leaf in
                    let place = chunks[index][leaf]
                    let valueCount = rowGroups[index].pages[leaf].reduce(0) { $0 + $1.valueCount }
                    chunk.int64(2, fileOffset?(index) ?? Int64(place.start))
                    chunk.structure(3) { data in
                        data.int32(1, leaves[leaf].physicalType)
                        data.int32(4, leaves[leaf].codec)
                        data.int64(5, valueCount)
                        data.int64(6, Int64(place.count))
                        data.int64(7, Int64(place.count))
                        data.int64(9, Int64(place.data))
                        if place.data != place.start { data.int64(11, Int64(place.start)) }
                        spoilChunk?(&data)
                    }
                }
                group.int64(2, 0)
                group.int64(3, rowGroups[index].rowCount)
            }
            if !keyValues.isEmpty {
                writer.structures(5, keyValues) { pair, keyValue in
                    pair.string(1, keyValue.key)
                    pair.string(2, keyValue.value)
                }
            }
        }
        return file + metadata + (0..<4).map { UInt8(truncatingIfNeeded: metadata.count >> (8 * $0)) }
            + Array("PAR1".utf8)
    }

    private func write(_ column: Column, _ element: inout ThriftWriter) {
        if column.children == nil { element.int32(1, column.physicalType) }
        if let typeLength = column.typeLength { element.int32(2, typeLength) }
        element.int32(3, column.isRepeated ? 2 : column.isOptional ? 1 : 0)
        element.string(4, column.name)
        if let children = column.children { element.int32(5, Int32(children.count)) }
        if let convertedType = column.convertedType { element.int32(6, convertedType) }
        if let scale = column.scale { element.int32(7, scale) }
        if let precision = column.precision { element.int32(8, precision) }
        if let fieldID = column.fieldID { element.int32(9, fieldID) }
        if let logicalType = column.logicalType { element.structure(10, logicalType) }
    }
}

/// Encoders for what goes into pages.
package enum Encoded {
    package static func int32(_ values: [Int32]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * Int32($0))) } }
    }

    package static func int64(_ values: [Int64]) -> [UInt8] {
        values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * Int64($0))) } }
    }

    package static func strings(_ values: [String]) -> [UInt8] {
        values.flatMap { int32([Int32($0.utf8.count)]) + Array($0.utf8) }
    }

    package static func varint(_ value: UInt64) -> [UInt8] {
        var writer = ThriftWriter()
        writer.varint(value)
        return writer.bytes
    }

    /// A repeated run.
    package static func run(_ value: UInt32, count: Int, bitWidth: Int) -> [UInt8] {
        varint(UInt64(count) << 1)
            + (0..<(bitWidth + 7) / 8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }

    /// A packed run, padded with zeros to a multiple of eight values.
    package static func packed(_ values: [UInt32], bitWidth: Int) -> [UInt8] {
        let groupCount = (values.count + 7) / 8
        var bytes = [UInt8](repeating: 0, count: groupCount * bitWidth)
        for (index, value) in values.enumerated() {
            for bit in 0..<bitWidth where value >> UInt32(bit) & 1 == 1 {
                let position = index * bitWidth + bit
                bytes[position / 8] |= 1 << (position % 8)
            }
        }
        return varint(UInt64(groupCount) << 1 | 1) + bytes
    }

    /// Definition levels of a version 1 page.
    package static func levels(_ valid: [Bool]) -> [UInt8] {
        let runs = packed(valid.map { $0 ? 1 : 0 }, bitWidth: 1)
        return int32([Int32(runs.count)]) + runs
    }

    /// A snappy block of one literal, at most 60 bytes.
    package static func snappy(_ bytes: [UInt8]) -> [UInt8] {
        precondition((1...60).contains(bytes.count))
        return varint(UInt64(bytes.count)) + [UInt8(bytes.count - 1) << 2] + bytes
    }

    /// A zstd frame of one raw block, at most 255 bytes.
    package static func zstd(_ bytes: [UInt8]) -> [UInt8] {
        let block = bytes.count << 3 | 1
        return [0x28, 0xb5, 0x2f, 0xfd, 0x20, UInt8(bytes.count)]
            + (0..<3).map { UInt8(truncatingIfNeeded: block >> (8 * $0)) } + bytes
    }
}
