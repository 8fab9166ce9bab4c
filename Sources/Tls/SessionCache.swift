import COpenSSL

/// What lets a later connection to the same host and port resume: one session each, the newest.
///
/// Why a session is offered more than once: a burst of connections to one store shall all resume. That an observer could
/// link them is no loss, since the requests inside are signed with the same key from the same address.
///
/// - Ownership: holds one reference to each `SSL_SESSION`.
@safe struct SessionCache: ~Copyable {
    /// Whom a session belongs to.
    struct Key: Hashable {
        let host: String
        let port: UInt16
    }

    @safe private struct Entry {
        let session: OpaquePointer
        var lastUse: UInt64
    }

    /// The most sessions that are kept; the one that was not used for longest goes first.
    let limit: Int
    private var entries: [Key: Entry] = [:]
    private var useCount: UInt64 = 0

    init(limit: Int) {
        precondition(limit > 0)
        self.limit = limit
    }

    deinit {
        for entry in entries.values { unsafe SSL_SESSION_free(entry.session) }
    }

    var count: Int { entries.count }

    /// Keeps `session`, whose reference becomes the cache's, in place of the one before.
    @unsafe mutating func store(_ session: OpaquePointer, for key: Key) {
        remove(key)
        if entries.count == limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
            remove(oldest)
        }
        useCount += 1
        entries[key] = unsafe Entry(session: session, lastUse: useCount)
    }

    /// The session to offer, if there is one that may be.
    ///
    /// Why the certificate is looked at: who resumes does not see the chain again.
    ///
    /// - Ownership: lent until the next call.
    mutating func session(for key: Key, secondsSince1970: Int64) -> OpaquePointer? {
        guard let session = unsafe entries[key]?.session else { return nil }
        var now = Int(secondsSince1970)
        guard unsafe SSL_SESSION_is_resumable(session) == 1, let certificate = unsafe SSL_SESSION_get0_peer(session),
            unsafe X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0
        else {
            remove(key)
            return nil
        }
        useCount += 1
        entries[key]?.lastUse = useCount
        return unsafe session
    }

    mutating func remove(_ key: Key) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        unsafe SSL_SESSION_free(entry.session)
    }
}
