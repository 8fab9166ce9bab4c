import Bytes
import Grpc
import Parquet
import Reactor
import S3

/// One object in a store; all its requests ask for the version that the first answer had.
final class StoreObject: ObjectSource {
    let location: ObjectLocation
    let store: StoreReader
    private let memory: BlockPool
    private let cancellation = Cancellation()
    private let agreed = AgreedVersion()

    /// - Parameter memory: where the bytes go.
    init(location: ObjectLocation, store: StoreReader, memory: BlockPool) {
        self.location = location
        self.store = store
        self.memory = memory
    }

    /// Makes all reads ask for a version that is known from before, as if its tail had been read.
    func expect(_ version: ObjectVersion) {
        agreed.expect(version)
    }

    /// Nil before the first answer.
    var version: ObjectVersion? { agreed.known }

    func readTail(byteCount: Int) async throws(Status) -> (tail: Slice, objectByteCount: UInt64) {
        let target = RangeTarget(byteCount: byteCount, of: agreed, memory: memory)
        try await fill(target) {
            // Where the tail begins is known once the first answer has told the total.
            guard let total = self.version?.byteCount, target.filledByteCount > 0 else {
                return .suffix(UInt64(byteCount))
            }
            let rest = UInt64(target.byteCount - target.filledByteCount)
            return .range(ByteRange(offset: total - rest, count: rest))
        }
        guard let total = version?.byteCount else {
            throw .scanFailure(.unavailable, "\(location): the store does not tell the object's size")
        }
        return (target.bytes, total)
    }

    func read(_ range: ByteRange) async throws(Status) -> Slice {
        let target = RangeTarget(byteCount: Int(range.count), of: agreed, memory: memory)
        try await fill(target) {
            let done = UInt64(target.filledByteCount)
            return .range(ByteRange(offset: range.offset + done, count: range.count - done))
        }
        return target.bytes
    }

    func order(_ range: ByteRange) -> LentRead.Order? {
        version.map {
            LentRead.Order(
                location: location, endpoint: store.endpoint, keys: store.keys, version: $0, range: range,
                memory: memory)
        }
    }

    /// Asks until all of the target is there, since the store may serve less than was asked.
    ///
    /// - Parameter part: what is missing.
    private func fill(_ target: RangeTarget, part: () -> ObjectRequest.Part) async throws(Status) {
        while !target.isFull {
            let before = target.filledByteCount
            do throws(StoreFailure) {
                try await store.fetch(location, into: target, cancellation) {
                    (part(), self.version?.strongTag)
                }
            } catch {
                // No object but an empty one has no last byte.
                if case .store(.rangeNotSatisfiable(let total)) = error, version == nil, total ?? 0 == 0 {
                    throw .scanFailure(.dataLoss, "\(location): the object is empty")
                }
                throw Status(storeFailure: error, location: location)
            }
            guard target.filledByteCount > before || target.isFull else {
                throw .scanFailure(.unavailable, "\(location): the store sent none of the bytes asked for")
            }
        }
    }

    func countWanted(byteCount: Int) {
        store.metrics(for: location).wantedBytes.add(byteCount)
    }

    func cancel() {
        cancellation.cancel()
    }
}

/// Opens the data files of one task.
final class ObjectOpener {
    private let core: Core
    private let store: ScanTask.Store
    private let keys: FragmentKeys
    private let memory: BlockPool
    private var reader: StoreReader?

    /// - Parameter memory: where the bytes of the files go.
    init(core: Core, store: ScanTask.Store, keys: FragmentKeys, memory: BlockPool) {
        self.core = core
        self.memory = memory
        self.store = store
        self.keys = keys
    }

    func open(_ file: ScanTask.DataFile) async throws(Status) -> any ObjectSource {
        switch file {
        case .object(let location):
            return StoreObject(location: location, store: try storeReader(location), memory: memory)
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

    private func storeReader(_ location: ObjectLocation) throws(Status) -> StoreReader {
        if let reader { return reader }
        do throws(S3Error) {
            var endpoint = try Endpoint.parse(store.endpoint, region: store.region, allowHTTP: store.allowsHTTP)
            if store.prefersVirtualHosts { endpoint.preferVirtualHosts() }
            let reader = StoreReader(core.storeReading, endpoint: endpoint, keys: keys)
            self.reader = reader
            return reader
        } catch {
            throw Status(storeError: error, location: location)
        }
    }
}
