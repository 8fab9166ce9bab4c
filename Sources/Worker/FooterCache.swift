import Parquet
import S3
import Synchronization

/// Parsed footers of the files that were scanned lately, so that the next scan of a file begins with its pages.
///
/// - Shape: bounded by an estimate of the memory that the footers take; what was not used for longest goes first.
/// - Ownership: shared by all cores; one lock, taken once or twice for each file of a scan.
final class FooterCache: Sendable {
    /// Which object it is, and who may know of it.
    struct Key: Hashable, Sendable {
        var endpoint: Endpoint
        var location: ObjectLocation
        /// All that is known of the version before the store has answered.
        var objectByteCount: UInt64
        /// Why: a schema tells something too, and the store has not said yet whether these keys may read the object.
        var principalDigest: [UInt8]
    }

    /// What was read of one version of an object.
    struct Footer: Sendable {
        var metadata: FileMetadata
        /// A strong one: the same bytes have the same tag.
        var entityTag: String
    }

    private struct Entry {
        var footer: Footer
        var byteCount: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var order = RecencyOrder<Key>()
        var byteCount = 0

        mutating func remove(_ key: Key) -> Footer? {
            guard let entry = entries.removeValue(forKey: key) else { return nil }
            order.remove(key)
            byteCount -= entry.byteCount
            return entry.footer
        }
    }

    /// Keys, tags and what the tables take for each entry.
    private static let entryByteCount = 1 << 10

    private let limitByteCount: Int
    private let metrics: Metrics
    private let state = Mutex(State())

    init(limitByteCount: Int, metrics: Metrics) {
        self.limitByteCount = limitByteCount
        self.metrics = metrics
    }

    func find(_ key: Key) -> Footer? {
        let footer = state.withLock { state -> Footer? in
            guard let entry = state.entries[key] else { return nil }
            state.order.use(key)
            return entry.footer
        }
        (footer == nil ? metrics.footerCacheMisses : metrics.footerCacheHits).add()
        return footer
    }

    /// Keeps a footer, in place of one of an earlier version, unless it alone would be too large.
    func keep(_ footer: Footer, for key: Key) {
        let byteCount = Self.byteCount(of: footer, key)
        guard byteCount <= limitByteCount else { return }
        change { state, gone in
            if let footer = state.remove(key) { gone.append(footer) }
            while state.byteCount + byteCount > limitByteCount, let oldest = state.order.oldest {
                if let footer = state.remove(oldest) { gone.append(footer) }
            }
            state.entries[key] = Entry(footer: footer, byteCount: byteCount)
            state.order.use(key)
            state.byteCount += byteCount
        }
    }

    /// Forgets a version; a later one, which another scan has read meanwhile, stays.
    ///
    /// - Parameter hasChanged: whether the reason is that the object is another by now.
    func drop(_ footer: Footer, for key: Key, hasChanged: Bool) {
        change { state, gone in
            guard state.entries[key]?.footer.entityTag == footer.entityTag else { return }
            if let footer = state.remove(key) { gone.append(footer) }
            if hasChanged { metrics.footerCacheChanges.add() }
        }
    }

    /// Frees what has gone after the lock is open again: large footers take a while.
    private func change(_ body: (inout State, inout [Footer]) -> Void) {
        var gone: [Footer] = []
        let growth = state.withLock { state in
            let before = state.byteCount
            body(&state, &gone)
            return state.byteCount - before
        }
        metrics.footerCacheBytes.add(growth)
    }

    private static func byteCount(of footer: Footer, _ key: Key) -> Int {
        let texts = [footer.entityTag, key.endpoint.host, key.endpoint.basePath, key.location.bucket, key.location.key]
        return texts.reduce(entryByteCount + footer.metadata.memoryByteCount) { $0 + $1.utf8.count }
    }
}
