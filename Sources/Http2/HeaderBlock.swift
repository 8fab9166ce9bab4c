/// One header or trailer field, pseudo-header fields included.
///
/// - Shape: `name` is lowercase, as RFC 9113 section 8.2.1 demands.
public struct HeaderField: Hashable, Sendable {
    /// The lowercase name, with a colon in front for pseudo-header fields.
    public var name: String
    /// The value as it is on the wire.
    public var value: String
    /// Whether the field must stay out of every compression table, on this hop and the next.
    ///
    /// - Spec: RFC 7541 section 7.1.3.
    public var isSensitive: Bool

    /// A field.
    public init(name: String, value: String, isSensitive: Bool = false) {
        self.name = name
        self.value = value
        self.isSensitive = isSensitive
    }

    /// What this field counts towards SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113 section 6.5.2).
    var listByteCount: Int { name.utf8.count + value.utf8.count + Self.listOverhead }
    static let listOverhead = 32
}

/// The fields of one request, response or trailer section, in order.
public typealias HeaderBlock = [HeaderField]
