public import Flight
public import Grpc
public import Reactor

/// A connection to one worker, and the calls that can be made on it.
///
/// - Ownership: lives on one core; ``close()`` ends it.
/// - Throws: gRPC statuses; UNAVAILABLE where there is no worker to answer.
public final class FlightClient {
    private static let actionResultLimit = 1000

    private let connection: ClientConnection

    private init(_ connection: ClientConnection) {
        self.connection = connection
    }

    /// Connects, trying the addresses of a name in turn.
    public static func connect(
        to address: WorkerAddress, on loop: EventLoop, resolver: Resolver, timeoutNanoseconds: UInt64
    ) async throws(Status) -> FlightClient {
        let deadline = loop.now() + timeoutNanoseconds
        let candidates: [SocketAddress]
        do throws(ResolveError) {
            candidates = try await resolver.resolve(host: address.host, port: address.port)
        } catch {
            throw Status(.unavailable, "\(error)")
        }
        var reason = "\(address.host) has no address"
        for candidate in candidates {
            let time = loop.now()
            guard time < deadline else { break }
            let socket: Socket
            do throws(KernelError) {
                socket = try await Socket.connect(to: candidate, on: loop, timeoutNanoseconds: deadline - time)
            } catch {
                reason = "\(candidate): \(error)"
                continue
            }
            let connection = ClientConnection(socket: socket, authority: address.description, loop: loop)
            do throws(Status) {
                try await connection.open(deadline: deadline)
                return FlightClient(connection)
            } catch {
                reason = "\(candidate): \(error.message)"
            }
        }
        throw Status(.unavailable, "cannot connect to \(reason)")
    }

    /// Asks for the data of a ticket.
    public func doGet(
        _ ticket: Ticket, metadata: Metadata = [], timeoutNanoseconds: UInt64? = nil
    ) -> FlightDataStream {
        let call = connection.call(
            path: FlightMethod.doGet.path, message: ticket.encode(), metadata: metadata,
            timeoutNanoseconds: timeoutNanoseconds)
        return FlightDataStream(call)
    }

    /// Has the worker do something and gives all it answers.
    public func doAction(
        _ action: Action, metadata: Metadata = [], timeoutNanoseconds: UInt64? = nil
    ) async throws(Status) -> [ActionResult] {
        let call = connection.call(
            path: FlightMethod.doAction.path, message: action.encode(), metadata: metadata,
            timeoutNanoseconds: timeoutNanoseconds)
        var results: [ActionResult] = []
        while let message = try await call.next() {
            guard results.count < Self.actionResultLimit else {
                throw Status(.resourceExhausted, "more than \(Self.actionResultLimit) results of one action")
            }
            do throws(FlightError) {
                results.append(try ActionResult.decode(message))
            } catch {
                throw Status(.internalError, "an action's result cannot be read: \(error)")
            }
        }
        return results
    }

    /// Ends the connection; calls that run end with CANCELLED.
    public func close() {
        connection.fail(Status(.cancelled, "the client closed the connection"))
    }
}

/// The messages of one DoGet in order.
public final class FlightDataStream {
    private let call: ClientStream

    init(_ call: ClientStream) {
        self.call = call
    }

    /// The next message; nil when the stream ended with OK. The worker may send more only as this is called.
    ///
    /// - Throws: how the call ended otherwise.
    public func next() async throws(Status) -> FlightData? {
        guard let message = try await call.next() else { return nil }
        do throws(FlightError) {
            return try FlightData.decode(message)
        } catch {
            let status = Status(.internalError, "a data message cannot be read: \(error)")
            call.cancel(status)
            throw status
        }
    }

    /// Ends the call.
    public func cancel() {
        call.cancel(Status(.cancelled, "cancelled by this client"))
    }
}
