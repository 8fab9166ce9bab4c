import Arrow

/// How one Arrow array is made from levels and values: a node of the tree that a top-level column becomes.
///
/// Each node has slots, one for each element of its parent's array. An entry of a leaf (a pair of levels) is a slot of the
/// node when its repetition level is at most ``slotRepetition`` and its definition level at least ``slotDefinition``; the
/// slot is not null when the definition level is at least ``validDefinition``.
///
/// - Spec: Parquet README, "Nested Encoding".
struct ArrayShape: Sendable {
    indirect enum Kind: Sendable {
        case leaf(Leaf)
        case list(ListForm, element: ArrayShape)
        /// At least one child.
        case structure([ArrayShape])
    }

    /// The layout of a list array.
    enum ListForm: Hashable, Sendable {
        case offsets(byteWidth: Int)
        /// An offset and a size for each list.
        case views(byteWidth: Int)
        case fixedSize(Int)
    }

    let field: Field
    let kind: Kind
    let slotRepetition: Int
    let slotDefinition: Int
    let validDefinition: Int

    /// The leaves below this node, in file order.
    var leaves: [Leaf] {
        switch kind {
        case .leaf(let leaf): [leaf]
        case .list(_, let element): element.leaves
        case .structure(let children): children.flatMap(\.leaves)
        }
    }
}

extension ArrayShape {
    /// Whether the column is null in every row, so that its pages need not be fetched.
    var isAbsent: Bool {
        if case .leaf(let leaf) = kind { leaf.values == .null } else { false }
    }

    /// Whether values are sent as dictionaries.
    var hasDictionaries: Bool {
        leaves.contains { if case .dictionary = $0.values { true } else { false } }
    }
}

/// One leaf of the schema, whose values lie in a column chunk of each row group.
struct Leaf: Sendable {
    /// Its place among the leaves of the file.
    let index: Int
    /// Names from the top-level column down, joined by dots.
    let path: String
    let physicalType: PhysicalType
    /// Bytes of a FIXED_LEN_BYTE_ARRAY value; 0 for other types.
    let typeLength: Int
    let maxRepetition: Int
    let maxDefinition: Int
    let values: LeafValues

    /// Whether rows and values correspond one to one but for nulls.
    var isFlat: Bool { maxRepetition == 0 && maxDefinition <= 1 }
}

/// What the values of a leaf become.
enum LeafValues: Hashable, Sendable {
    case null
    case boolean
    case fixedWidth(FixedConversion)
    case byteArray(ByteArrayForm)
    indirect case dictionary(indexByteWidth: Int, isSigned: Bool, values: LeafValues)
}

/// How byte arrays are sent.
struct ByteArrayForm: Hashable, Sendable {
    enum Layout: Hashable, Sendable {
        case offsets32, offsets64, views
    }

    var isUTF8: Bool
    var layout = Layout.offsets32
}
