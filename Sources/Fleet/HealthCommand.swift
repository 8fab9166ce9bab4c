import Flight
import Grpc
import Reactor

/// Asks one worker whether it is well.
///
/// - Spec: the action `health_check`; its answer is "ok".
public struct HealthCommand: Sendable {
    public var worker: WorkerAddress
    /// For everything: name, connection and answer.
    public var timeoutNanoseconds: UInt64

    public init(worker: WorkerAddress, timeoutNanoseconds: UInt64) {
        self.worker = worker
        self.timeoutNanoseconds = timeoutNanoseconds
    }

    /// Prints "ok" and the time of one round trip on the open connection.
    ///
    /// - Parameter name: of the program, for errors.
    /// - Returns: the exit status: 0 only for a worker that is well.
    public func run(name: String) -> Int32 {
        ClientProcess.run(name: name) { HealthJob(command: self, loop: $0) }
    }
}

/// One run of a ``HealthCommand`` on its core.
final class HealthJob: ClientJob {
    private static let action = "health_check"
    private static let healthy = Array("ok".utf8)

    private let command: HealthCommand
    private let loop: EventLoop

    init(command: HealthCommand, loop: EventLoop) {
        self.command = command
        self.loop = loop
    }

    func abandon() {}

    func run() async throws(ClientFailure) {
        do throws(Status) {
            let nanoseconds = try await check()
            StandardOutput.writeLine("ok, \(NumberText.quotient(nanoseconds, 1_000_000, digitCount: 2)) ms")
        } catch {
            throw ClientFailure(error)
        }
    }

    /// The time of the round trip.
    private func check() async throws(Status) -> UInt64 {
        let deadline = loop.now() + command.timeoutNanoseconds
        let client = try await FlightClient.connect(
            to: command.worker, on: loop, resolver: Resolver(), timeoutNanoseconds: command.timeoutNanoseconds)
        defer { client.close() }
        let start = loop.now()
        let results = try await client.doAction(
            Action(type: Self.action), timeoutNanoseconds: max(deadline, start + 1) - start)
        guard results.map(\.body) == [Self.healthy] else { throw Status(.unknown, "the worker's answer is not \"ok\"") }
        return loop.now() - start
    }
}
