/// The fields of a record batch, in order.
///
/// - Spec: Arrow `Schema.fbs`, table `Schema`.
public struct Schema: Hashable, Sendable {
    public var fields: [Field]
    /// Key-value pairs in order; keys may repeat.
    public var metadata: [KeyValue]

    public init(fields: [Field], metadata: [KeyValue] = []) {
        self.fields = fields
        self.metadata = metadata
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

/// One entry of a field's or a schema's custom metadata.
public struct KeyValue: Hashable, Sendable {
    public var key: String
    public var value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}
