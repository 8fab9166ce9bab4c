extension ScanPlan {
    /// What a page is taken to hold at most; writers cut them at about a mebibyte.
    private static let usualPageByteCount = 1.25 * 1024 * 1024

    /// Memory that a scan needs to move on at all: of each column chunk the part and the page in use, and the batches in
    /// the making. An estimate: pages may be larger than is usual.
    public var workingByteCount: Int {
        var largest = 0.0
        for group in groups {
            var sum = 0.0
            for chunk in group.chunks {
                guard let chunk else { continue }
                let part = chunk.pieces.map { $0.count }.max() ?? 0
                sum += Double(part)
                let page = min(chunk.bytesPerRow * Double(group.rowCount), Self.usualPageByteCount)
                if chunk.codec != .uncompressed { sum += page }
            }
            largest = max(largest, sum)
        }
        // One being written, and those that wait.
        let batches = (1 + Scan.batchLimit) * options.batchBodyByteCount
        return Int(min(largest, 1e18)) + min(batches, Int(min(2 * valueByteCount, 1e18)) + (64 << 10))
    }

    /// Bytes of all wanted values before compression, as the metadata says.
    public var valueByteCount: Double {
        groups.reduce(0) { sum, group in
            group.chunks.reduce(sum) { $0 + ($1?.bytesPerRow ?? 0) * Double(group.rowCount) }
        }
    }
}
