/// What a writer says about the values of a column chunk or a page; never a source of values.
///
/// - Spec: parquet.thrift, struct `Statistics`.
public struct Statistics: Hashable, Sendable {
    /// A value in the PLAIN encoding without its length; text and binary may be cut.
    public struct Bound: Hashable, Sendable {
        public var bytes: [UInt8]
        /// Whether it is a value of the column, as far as is known, and not just a bound.
        public var isExact: Bool?
    }

    public var nullCount: Int64?
    public var distinctCount: Int64?
    public var nanCount: Int64?
    public var minimum: Bound?
    public var maximum: Bound?
    /// Minimum and maximum as the first writers compared them: as signed numbers, whatever the type.
    public var signedMinimum: [UInt8]?
    public var signedMaximum: [UInt8]?

    init(parsing reader: inout CompactReader) throws(ThriftError) {
        var previous: Int16 = 0
        var isMaximumExact: Bool?
        var isMinimumExact: Bool?
        while let field = try reader.readField(after: &previous) {
            switch field.id {
            case 1: signedMaximum = try reader.readBytes(field)
            case 2: signedMinimum = try reader.readBytes(field)
            case 3: nullCount = try reader.readInt64(field)
            case 4: distinctCount = try reader.readInt64(field)
            case 5: maximum = Bound(bytes: try reader.readBytes(field))
            case 6: minimum = Bound(bytes: try reader.readBytes(field))
            case 7: isMaximumExact = try reader.boolean(field)
            case 8: isMinimumExact = try reader.boolean(field)
            case 9: nanCount = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
        maximum?.isExact = isMaximumExact
        minimum?.isExact = isMinimumExact
    }
}
