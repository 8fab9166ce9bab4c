public import Bytes

/// Which bytes to ask for, and of which version of an object.
public struct ObjectRequest: Hashable, Sendable {
    /// Which bytes.
    public enum Part: Hashable, Sendable {
        case range(ByteRange)
        /// The last so many; all, when the object is shorter.
        case suffix(UInt64)
    }

    /// The object.
    public var location: ObjectLocation
    /// Which of its bytes.
    public var part: Part
    /// The version that the object must have: an entity tag as an earlier answer gave it.
    public var ifMatch: String?

    /// A request.
    ///
    /// - Precondition: a range or suffix is not empty.
    public init(location: ObjectLocation, part: Part, ifMatch: String? = nil) {
        switch part {
        case .range(let range): precondition(range.count > 0)
        case .suffix(let count): precondition(count > 0)
        }
        self.location = location
        self.part = part
        self.ifMatch = ifMatch
    }

    /// The `Range` field.
    ///
    /// - Spec: RFC 9110 section 14.2; the last position is included.
    var rangeField: String {
        switch part {
        case .range(let range): "bytes=\(range.offset)-\(range.end - 1)"
        case .suffix(let count): "bytes=-\(count)"
        }
    }
}
