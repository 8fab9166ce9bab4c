extension FileMetadata {
    /// About how many bytes of memory the metadata takes, with everything that hangs on it.
    ///
    /// Why not the size of the footer: a column chunk of 60 bytes in the file becomes a structure of several hundred.
    ///
    /// - Cost: walks all column chunks.
    public var memoryByteCount: Int {
        Self.byteCount(of: rowGroups) + rowGroups.reduce(0) { $0 + $1.heapByteCount } + Self.byteCount(of: columns)
            + Self.byteCount(of: columnOrders) + schema.heapByteCount + Self.byteCount(of: createdBy)
            + Self.byteCount(of: storedSchema)
    }

    /// What the allocator and an object's head add to each array or string.
    private static let objectByteCount = 48
    /// Shorter strings have no memory of their own.
    private static let inlineStringByteCount = 15

    fileprivate static func byteCount<Element>(of array: [Element]) -> Int {
        array.capacity == 0 ? 0 : objectByteCount + array.capacity * MemoryLayout<Element>.stride
    }

    fileprivate static func byteCount(of text: String?) -> Int {
        let count = text?.utf8.count ?? 0
        return count > inlineStringByteCount ? objectByteCount + count : 0
    }
}

extension RowGroup {
    fileprivate var heapByteCount: Int {
        columns.reduce(FileMetadata.byteCount(of: columns)) { $0 + $1.heapByteCount }
    }
}

extension ColumnChunk {
    fileprivate var heapByteCount: Int {
        let bounds = [
            statistics?.minimum?.bytes, statistics?.maximum?.bytes, statistics?.signedMinimum,
            statistics?.signedMaximum,
        ]
        let histograms = [sizeStatistics?.repetitionLevelHistogram, sizeStatistics?.definitionLevelHistogram]
        return bounds.reduce(0) { $0 + FileMetadata.byteCount(of: $1 ?? []) }
            + histograms.reduce(0) { $0 + FileMetadata.byteCount(of: $1 ?? []) }
    }
}

extension SchemaTree {
    /// The columns and their names are shared with the metadata.
    fileprivate var heapByteCount: Int {
        elements.reduce(FileMetadata.byteCount(of: elements)) { $0 + FileMetadata.byteCount(of: $1.name) }
            + 2 * elements.count * MemoryLayout<Int>.stride
    }
}
