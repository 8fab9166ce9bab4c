import Parquet

/// Which row groups of one file belong to a task.
///
/// Tasks of one file run as independent fragments on any worker, so every worker must draw the line at the same place.
///
/// - Spec: `docs/scan-task.md`, "Row groups".
enum RowGroupSelection {
    /// Indices of the row groups, ascending; may be empty.
    static func rowGroups(of task: ScanTask, in metadata: FileMetadata) -> [Int] {
        let sizes = metadata.rowGroups.map { group in
            RowGroupPlace(
                fileOffset: group.columns.first?.fileOffset ?? 0,
                compressedByteCount: group.columns.reduce(0) { sum, chunk in
                    sum.addingReportingOverflow(chunk.totalCompressedByteCount).partialValue
                })
        }
        return indices(
            of: sizes, rowGroupStart: task.rowGroupStart, rowGroupEnd: task.rowGroupEnd, startByte: task.startByte,
            endByte: task.endByte)
    }

    /// What the rule needs to know of one row group.
    struct RowGroupPlace {
        /// `file_offset` of the first column chunk; 0 when the writer left it out.
        var fileOffset: Int64
        /// Sum over the column chunks.
        var compressedByteCount: Int64
    }

    static func indices(
        of groups: [RowGroupPlace], rowGroupStart: Int?, rowGroupEnd: Int?, startByte: UInt64?, endByte: UInt64?
    ) -> [Int] {
        var range = groups.indices
        if rowGroupStart != nil || rowGroupEnd != nil {
            let start = rowGroupStart ?? 0
            let end = min(rowGroupEnd ?? groups.count, groups.count)
            // A range that holds nothing is a coordinator's mistake and is ignored, as its own worker does.
            if start < end { range = start..<end }
        }
        guard let startByte, let endByte, startByte < endByte else { return Array(range) }
        var selected: [Int] = []
        var cursor: Int64 = 0
        for (index, group) in groups.enumerated() {
            let start = UInt64(max(group.fileOffset > 0 ? group.fileOffset : cursor, 0))
            // The cursor advances for every row group, also for those whose own offset was used.
            cursor = cursor.addingReportingOverflow(group.compressedByteCount).partialValue
            if range.contains(index), startByte <= start, start < endByte { selected.append(index) }
        }
        return selected
    }
}
