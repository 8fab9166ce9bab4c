/// Elements in the order of their last use.
///
/// - Cost: constant for each operation.
struct RecencyOrder<Element: Hashable> {
    private struct Neighbours {
        var older: Element?
        var newer: Element?
    }

    private var neighbours: [Element: Neighbours] = [:]
    private var newest: Element?
    /// The one whose use is longest ago.
    private(set) var oldest: Element?

    /// Makes an element the newest; it need not have been there.
    mutating func use(_ element: Element) {
        guard element != newest else { return }
        remove(element)
        neighbours[element] = Neighbours(older: newest, newer: nil)
        if let newest { neighbours[newest]?.newer = element } else { oldest = element }
        newest = element
    }

    /// Takes an element out, if it is there.
    mutating func remove(_ element: Element) {
        guard let (older, newer) = neighbours.removeValue(forKey: element).map({ ($0.older, $0.newer) }) else { return }
        if let older { neighbours[older]?.newer = newer } else { oldest = newer }
        if let newer { neighbours[newer]?.older = older } else { newest = older }
    }
}
