/// The fields of a record batch, in order.
///
/// - Spec: Arrow `Schema.fbs`, table `Schema`.
public struct Schema: Hashable, Sendable {
    public var fields: [Field]

    public init(fields: [Field]) {
        self.fields = fields
    }
}

/// One named column of a schema.
///
/// - Spec: Arrow `Schema.fbs`, table `Field`.
public struct Field: Hashable, Sendable {
    public var name: String
    public var type: DataType
    public var isNullable: Bool
    /// Key-value pairs in order; keys may repeat.
    public var metadata: [KeyValue]

    public init(name: String, type: DataType, isNullable: Bool, metadata: [KeyValue] = []) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.metadata = metadata
    }
}

/// One entry of a field's custom metadata.
public struct KeyValue: Hashable, Sendable {
    public var key: String
    public var value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}
