extension ScanPlan {
    /// Deals the columns out so that the bands have about as much to do.
    ///
    /// - Returns: the columns of each band, ascending; at least one band, and none without a column but that of a plan
    ///   without columns.
    func dealColumns(among bandCount: Int) -> [[Int]] {
        precondition(bandCount > 0)
        guard bandCount > 1 else { return [Array(columns.indices)] }
        let costs = columns.indices.map { index in
            leafRanges[index].reduce(1.0) { $0 + cost(leaf: $1) }
        }
        var bands = [(cost: Double, columns: [Int])](
            repeating: (0, []), count: max(1, min(bandCount, columns.count)))
        // The largest first, each to whoever has least.
        for column in costs.indices.sorted(by: { (costs[$0], $1) > (costs[$1], $0) }) {
            guard let least = bands.indices.min(by: { bands[$0].cost < bands[$1].cost }) else { continue }
            bands[least].cost += costs[column]
            bands[least].columns.append(column)
        }
        return bands.map { $0.columns.sorted() }
    }

    /// Bytes after decompression, and as many again as the values take that are made of them.
    private func cost(leaf: Int) -> Double {
        groups.reduce(0) { sum, group in
            guard let chunk = group.chunks[leaf] else { return sum }
            return sum + chunk.bytesPerRow * Double(group.rowCount) + 8 * Double(chunk.valueCount)
        }
    }
}
