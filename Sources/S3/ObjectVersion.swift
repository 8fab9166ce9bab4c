/// What tells one version of an object from another, as the first answer had it.
public struct ObjectVersion: Hashable, Sendable {
    /// Length of the object.
    public let byteCount: UInt64?
    private let entityTag: String?
    private let lastModified: String?

    /// The version that an answer belongs to.
    public init(_ response: ResponseInfo) {
        byteCount = response.objectByteCount
        entityTag = response.entityTag
        lastModified = response.lastModified
    }

    /// A version that is known from before.
    public init(entityTag: String, byteCount: UInt64) {
        self.byteCount = byteCount
        self.entityTag = entityTag
        lastModified = nil
    }

    /// For `If-Match`; nil where there is none, or a weak one.
    ///
    /// - Spec: RFC 9110 section 13.1.1: a weak tag does not promise the same bytes, and never matches.
    public var strongTag: String? { entityTag.flatMap { $0.hasPrefix("W/") ? nil : $0 } }

    /// Whether a later answer can be of the same version.
    public func allows(_ response: ResponseInfo) -> Bool {
        if let byteCount, let other = response.objectByteCount, other != byteCount { return false }
        if let entityTag { return response.entityTag == entityTag }
        return response.lastModified == lastModified
    }
}
