extension FileBuilder.Column {
    /// A group without annotation.
    package static func group(
        _ name: String, isOptional: Bool = false, isRepeated: Bool = false, convertedType: Int32? = nil,
        _ children: [Self]
    ) -> Self {
        var group = Self(name: name, isOptional: isOptional, convertedType: convertedType)
        group.isRepeated = isRepeated
        group.children = children
        return group
    }

    /// A LIST of three levels.
    package static func list(_ name: String, isOptional: Bool = true, _ element: Self) -> Self {
        group(
            name, isOptional: isOptional, convertedType: 3, [group("list", isRepeated: true, [element])])
    }

    /// A MAP.
    package static func map(_ name: String, isOptional: Bool = true, key: Self, value: Self) -> Self {
        group(
            name, isOptional: isOptional, convertedType: 1, [group("key_value", isRepeated: true, [key, value])])
    }

    /// The same element once more for each row's element.
    package func repeated() -> Self {
        var column = self
        column.isRepeated = true
        return column
    }

    /// This element and all below it, depth first.
    var elements: [Self] { [self] + (children ?? []).flatMap(\.elements) }
}
