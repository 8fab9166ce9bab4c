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

    /// - Throws: when the numbers of children do not make a tree, or it is deeper or wider than the limits.
    init(elements: [SchemaElement], limits: ParquetLimits) throws(ThriftError) {
        guard let root = elements.first else { throw .malformed("the schema is empty") }
        var columns: [TopLevelColumn] = []
        var next = 1
        var leaf = 0
        for _ in 0..<root.childCount {
            guard next < elements.count else { throw .malformed("the schema ends early") }
            guard columns.count < limits.topLevelColumnCount else {
                throw .malformed("the schema has too many columns")
            }
            let index = next
            let firstLeaf = leaf
            // Children still to come at each open level, innermost last.
            var open = [1]
            while let pending = open.last {
                if pending == 0 {
                    open.removeLast()
                    continue
                }
                guard next < elements.count else { throw .malformed("the schema ends early") }
                open[open.count - 1] = pending - 1
                let element = elements[next]
                next += 1
                if element.childCount > 0 {
                    guard open.count < limits.schemaDepth else { throw .malformed("the schema is nested too deeply") }
                    open.append(element.childCount)
                } else if element.physicalType != nil {
                    leaf += 1
                }
            }
            columns.append(
                TopLevelColumn(
                    name: elements[index].name, fieldID: elements[index].fieldID, leaves: firstLeaf..<leaf,
                    elementIndex: index))
        }
        guard next == elements.count else { throw .malformed("the schema has elements outside its tree") }
        self.elements = elements
        self.columns = columns
    }

    var leafCount: Int { columns.last?.leaves.upperBound ?? 0 }
}
