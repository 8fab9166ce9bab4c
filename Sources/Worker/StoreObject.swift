import Bytes
import Grpc
import Parquet
import Reactor
import S3

/// One object in a store; all its requests ask for the version that the first answer had.
final class StoreObject: ObjectSource {
    private let location: ObjectLocation
    private let access: StoreAccess
    private let stores: StorePool
    private let memory: BlockPool
    private let cancellation = Cancellation()
    private var entityTag: String?
    private var objectByteCount: UInt64?

    /// - Parameter memory: where the bytes go.
    init(location: ObjectLocation, access: StoreAccess, stores: StorePool, memory: BlockPool) {
        self.location = location
        self.access = access
        self.stores = stores
        self.memory = memory
    }

    func readTail(byteCount: Int) async throws(Status) -> (tail: Slice, objectByteCount: UInt64) {
        let request = ObjectRequest(location: location, part: .suffix(UInt64(byteCount)))
        let payload: Slice
        let response: ResponseInfo
        do throws(Status) {
            (payload, response) = try await stores.perform(
                request, access, memory: memory, cancellation: cancellation)
        } catch {
            // No object but an empty one has no last byte.
            guard error.code == .aborted else { throw error }
            throw Status.scanFailure(.dataLoss, "\(location): the object is empty")
        }
        guard let total = response.objectByteCount else {
            throw Status(.unavailable, "\(location): the store does not tell the object's size")
        }
        // A tail cut short cannot be continued with a suffix range: the footer is at its end.
        let expected = Int(min(UInt64(byteCount), total))
        guard payload.count == expected else {
            throw Status(.unavailable, "\(location): the store sent \(payload.count) of \(expected) bytes")
        }
        // A weak tag does not promise the same bytes, and If-Match never matches it (RFC 9110 section 13.1.1).
        entityTag = response.entityTag.flatMap { $0.hasPrefix("W/") ? nil : $0 }
        objectByteCount = total
        return (payload, total)
    }

    func read(_ range: ByteRange) async throws(Status) -> Slice {
        let first = try await readSome(range)
        guard first.count < Int(range.count) else { return first }
        // The store may serve less than was asked; the rest is asked for until all is there.
        let whole = memory.take(byteCount: Int(range.count))
        var filled = 0
        var next = first
        while true {
            unsafe (whole.base + filled).copyMemory(from: next.base, byteCount: next.count)
            filled += next.count
            guard filled < Int(range.count) else { return whole.slice(0, count: filled) }
            next = try await readSome(
                ByteRange(offset: range.offset + UInt64(filled), count: range.count - UInt64(filled)))
        }
    }

    /// The beginning of a range, at least one byte.
    private func readSome(_ range: ByteRange) async throws(Status) -> Slice {
        let request = ObjectRequest(location: location, part: .range(range), ifMatch: entityTag)
        let (payload, response) = try await stores.perform(
            request, access, memory: memory, cancellation: cancellation)
        if let total = response.objectByteCount, let known = objectByteCount, total != known {
            throw Status(.aborted, "\(location): object changed during the scan")
        }
        guard payload.count > 0 else {
            throw Status(.unavailable, "\(location): the store sent none of the bytes asked for")
        }
        return payload
    }

    func cancel() {
        cancellation.cancel()
    }
}

/// Opens the data files of one task.
final class ObjectOpener {
    private let core: Core
    private let store: ScanTask.Store
    private let memory: BlockPool
    private var access: StoreAccess?

    /// - Parameter memory: where the bytes of the files go.
    init(core: Core, task: ScanTask, memory: BlockPool) {
        self.core = core
        self.memory = memory
        store = task.store
    }

    func open(_ file: ScanTask.DataFile) async throws(Status) -> any ObjectSource {
        switch file {
        case .object(let location):
            return StoreObject(
                location: location, access: try storeAccess(location), stores: core.stores, memory: memory)
        case .local(let path):
            guard let root = core.localRoot else {
                throw Status(.invalidArgument, "file:// paths need a local root, and none is configured")
            }
            do throws(KernelError) {
                return LocalObject(file: try await root.open(path, on: core.loop), pool: memory)
            } catch {
                let code: StatusCode = error == .notFound ? .notFound : .invalidArgument
                throw Status.scanFailure(code, "\(file.name): \(error)")
            }
        }
    }

    private func storeAccess(_ location: ObjectLocation) throws(Status) -> StoreAccess {
        if let access { return access }
        do throws(S3Error) {
            let endpoint = try Endpoint.parse(store.endpoint, region: store.region, allowHTTP: store.allowsHTTP)
            let access = StoreAccess(endpoint: endpoint, credentials: store.credentials)
            self.access = access
            return access
        } catch {
            throw Status(storeError: error, location: location)
        }
    }
}
