import Bytes
import Grpc
import Reactor
import S3

/// One range of an object that another core reads for a scan, into the scan's own memory.
///
/// - Ownership: the scan's core waits for it and may cancel it; what does the reading lives on the other core only, and the
///   outcome is posted home.
final class LentRead: Sendable {
    /// All that the other core has to know.
    struct Order: Sendable {
        let location: ObjectLocation
        let endpoint: Endpoint
        let keys: FragmentKeys
        /// The one that all reads of the scan ask for.
        let version: ObjectVersion
        let range: ByteRange
        let memory: BlockPool
    }

    private let order: Order
    private let home: CoreExecutor
    private let reader: CoreActor
    /// Why unsafe: touched on the home core only.
    private nonisolated(unsafe) let change = Suspension()
    private nonisolated(unsafe) var outcome: Result<Slice, Status>?
    /// Why unsafe: touched on the reading core only.
    private nonisolated(unsafe) var object: StoreObject?

    /// - Parameter reader: the core that reads, which has a ``Core`` as its resident.
    init(_ order: Order, for home: CoreExecutor, by reader: CoreActor) {
        self.order = order
        self.home = home
        self.reader = reader
    }

    /// Has the other core read, and waits for the bytes; called once.
    func bytes() async throws(Status) -> Slice {
        reader.post { [self] reader in
            guard let core = reader.resident as? Core else { preconditionFailure("a core without its resident") }
            start(core.storeReading)
        }
        while true {
            if let outcome = unsafe outcome { return try outcome.get() }
            unsafe await change.wait()
        }
    }

    /// Ends the read; whoever waits for it is answered all the same.
    ///
    /// - Precondition: ``bytes()`` was called: what is posted later arrives later.
    func cancel() {
        reader.post { [self] _ in unsafe object?.cancel() }
    }

    private func start(_ reading: StoreReader.Shared) {
        let store = StoreReader(reading, endpoint: order.endpoint, keys: order.keys)
        let object = StoreObject(location: order.location, store: store, memory: order.memory)
        object.expect(order.version)
        unsafe self.object = object
        reading.loop.spawn { [self] in
            let outcome: Result<Slice, Status>
            do throws(Status) {
                outcome = .success(try await object.read(order.range))
            } catch {
                outcome = .failure(error)
            }
            unsafe self.object = nil
            home.post { [self] _ in
                unsafe self.outcome = outcome
                unsafe change.wake()
            }
        }
    }
}

/// Lends the reads of a core to those that sleep, while it has more to do than it can.
///
/// Receiving, and opening what TLS has sealed, is the work that is lent; asking the store takes as long from anywhere.
final class ReadLender {
    /// How far back the core looks to see whether it is busy.
    ///
    /// - Units: nanoseconds.
    private static let memory: UInt64 = 10_000_000
    /// A busy core waits for the kernel in less than one part in so many of its time.
    private static let idleShare: UInt64 = 8

    private let exchange: WorkExchange
    private let core: CoreActor
    private let loop: EventLoop
    private let readCounter: Metrics.Counter
    private var since: UInt64
    private var idleBefore: UInt64
    private var isBusy = false

    /// - Parameter readCounter: counts the reads that were lent.
    init(exchange: WorkExchange, core: CoreActor, loop: EventLoop, readCounter: Metrics.Counter) {
        self.exchange = exchange
        self.core = core
        self.loop = loop
        self.readCounter = readCounter
        since = loop.now()
        idleBefore = loop.idleNanoseconds
    }

    /// A read for another core, if this one is busy and another sleeps.
    func lend(_ order: @autoclosure () -> LentRead.Order?) -> LentRead? {
        look()
        guard isBusy, let order = order(), let reader = exchange.takeSleeper(for: core) else { return nil }
        readCounter.add()
        return LentRead(order, for: loop.executor, by: reader)
    }

    private func look() {
        let now = loop.now()
        guard now - since >= Self.memory else { return }
        isBusy = (loop.idleNanoseconds - idleBefore) * Self.idleShare < now - since
        (since, idleBefore) = (now, loop.idleNanoseconds)
    }
}
