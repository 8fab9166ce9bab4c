/// One child of the schema's root.
public struct TopLevelColumn: Sendable {
    /// As in the file; names may repeat.
    public let name: String
    /// Iceberg's name for the column, if the writer knew one.
    public let fieldID: Int32?
    /// Its column chunks in every row group.
    public let leaves: Range<Int>
    /// Its place in the list of schema elements.
    let elementIndex: Int
}

/// The schema as a tree, kept as the depth-first list of the file.
struct SchemaTree: Sendable {
    let elements: [SchemaElement]
    let columns: [TopLevelColumn]
    /// For each element, one past the last element of its subtree.
    private let ends: [Int]
    /// For each element, the number of leaves before it.
    private let firstLeaves: [Int]

    /// - Throws: when the numbers of children do not make a tree, or it is deeper or wider than the limits.
    init(elements: [SchemaElement], limits: ParquetLimits) throws(ThriftError) {
        guard let root = elements.first else { throw .malformed("the schema is empty") }
        guard root.childCount <= limits.topLevelColumnCount else {
            throw .malformed("the schema has too many columns")
        }
        var ends = Array(1...elements.count)
        var firstLeaves = [Int](repeating: 0, count: elements.count)
        var leaf = 0
        var next = 0
        // Groups whose children are still to come, innermost last.
        var open: [(element: Int, pending: Int)] = []
        repeat {
            guard next < elements.count else { throw .malformed("the schema ends early") }
            let element = elements[next]
            // The root is a group whatever it says of itself.
            let isGroup = element.isGroup || next == 0
            firstLeaves[next] = leaf
            if isGroup {
                guard open.count <= limits.schemaDepth else { throw .malformed("the schema is nested too deeply") }
                open.append((next, element.childCount))
            } else {
                leaf += 1
            }
            next += 1
            if !isGroup, let last = open.indices.last { open[last].pending -= 1 }
            while let (group, pending) = open.last, pending == 0 {
                ends[group] = next
                open.removeLast()
                if let last = open.indices.last { open[last].pending -= 1 }
            }
        } while !open.isEmpty
        guard next == elements.count else { throw .malformed("the schema has elements outside its tree") }
        self.elements = elements
        self.ends = ends
        self.firstLeaves = firstLeaves
        var columns: [TopLevelColumn] = []
        var index = 1
        while index < elements.count {
            let lastLeaf = ends[index] < elements.count ? firstLeaves[ends[index]] : leaf
            columns.append(
                TopLevelColumn(
                    name: elements[index].name, fieldID: elements[index].fieldID,
                    leaves: firstLeaves[index]..<lastLeaf, elementIndex: index))
            index = ends[index]
        }
        self.columns = columns
        leafCount = leaf
    }

    /// Column chunks of a row group.
    let leafCount: Int

    /// The children of a group, as indices into ``elements``.
    func children(of index: Int) -> [Int] {
        var children: [Int] = []
        var child = index + 1
        while child < ends[index] {
            children.append(child)
            child = ends[child]
        }
        return children
    }

    /// Which column chunk of a row group belongs to a leaf.
    func leaf(of index: Int) -> Int { firstLeaves[index] }
}
