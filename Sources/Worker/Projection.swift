import Parquet

/// Which top-level columns of one file a task wants, in the task's order.
///
/// - Spec: `docs/scan-task.md`, "Projection".
enum Projection {
    /// Indices of the wanted columns.
    ///
    /// By field id when the task has ids and every column of the file has one: after a rename a name may belong to another
    /// column. By name otherwise. What the file lacks is left out; when nothing matches, all columns are sent.
    static func columns(of task: ScanTask, in metadata: FileMetadata) -> [Int] {
        let all = Array(metadata.columns.indices)
        guard !task.columns.isEmpty else { return all }
        let matches: [Int]
        if !task.fieldIDs.isEmpty, metadata.columns.allSatisfy({ $0.fieldID != nil }) {
            matches = indices(of: task.fieldIDs.map(Optional.some), among: metadata.columns.map(\.fieldID))
        } else {
            matches = indices(of: task.columns, among: metadata.columns.map(\.name))
        }
        return matches.isEmpty ? all : matches
    }

    /// Where each wanted key first stands; each place once.
    private static func indices<Key: Hashable>(of wanted: [Key], among present: [Key]) -> [Int] {
        let places = Dictionary(zip(present, present.indices)) { first, _ in first }
        var seen: Set<Int> = []
        return wanted.compactMap { key in
            guard let place = places[key], seen.insert(place).inserted else { return nil }
            return place
        }
    }
}
