public import Bytes

/// What a good answer says about the object and about the part that follows.
public struct ResponseInfo: Hashable, Sendable {
    /// 200 or 206.
    public let status: Int
    /// The part of the object that the body gives.
    public let servedRange: ByteRange
    /// Length of the whole object, if the answer tells it.
    public let objectByteCount: UInt64?
    /// The version; goes into later requests as it is.
    public let entityTag: String?
    /// The time of the last change, as the store writes it.
    public let lastModified: String?
}
