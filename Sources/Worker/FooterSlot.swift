import Grpc
import Parquet
import S3

/// The place in the cache for the footer of one object that a scan has opened.
struct FooterSlot {
    private let cache: FooterCache
    private let key: FooterCache.Key
    private let object: StoreObject

    /// Nil where footers are not kept: without a cache, outside of stores, where the ticket does not say how large the file
    /// is, and for files so small that one request brings them whole.
    init?(for source: any ObjectSource, statedByteCount: UInt64?, in cache: FooterCache?) {
        guard let cache, let object = source as? StoreObject, let statedByteCount,
            !FileHead.isReadWhole(byteCount: statedByteCount)
        else { return nil }
        self.cache = cache
        self.object = object
        key = FooterCache.Key(
            endpoint: object.store.endpoint, location: object.location, objectByteCount: statedByteCount,
            principalDigest: object.store.keys.current.credentials.principalDigest)
    }

    /// The footer as an earlier scan found it; all reads of the object ask for that version from here on.
    func find() -> FooterCache.Footer? {
        guard let footer = cache.find(key) else { return nil }
        object.expect(ObjectVersion(entityTag: footer.entityTag, byteCount: key.objectByteCount))
        return footer
    }

    /// Keeps what was read from the object itself, if the store names its versions and the ticket knew the size.
    func keep(_ metadata: FileMetadata) {
        guard let entityTag = object.version?.strongTag, metadata.objectByteCount == key.objectByteCount else { return }
        cache.keep(FooterCache.Footer(metadata: metadata, entityTag: entityTag), for: key)
    }

    /// Forgets a footer that was found, for the store did not give the bytes that belong to it.
    func drop(_ footer: FooterCache.Footer, after failure: Status) {
        guard failure.code != .cancelled else { return }
        cache.drop(footer, for: key, hasChanged: failure.code == .aborted)
    }
}
