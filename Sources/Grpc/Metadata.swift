/// Header or trailer fields in order; names are lowercase.
public typealias Metadata = [(name: String, value: String)]

extension Metadata {
    /// The value of the first field with this name.
    public func first(_ name: String) -> String? {
        first { $0.name == name }?.value
    }
}
