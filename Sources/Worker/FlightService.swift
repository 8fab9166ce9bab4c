import Bytes
import Flight
import Grpc

/// What each Flight method does for one call.
///
/// - Spec: Arrow `Flight.proto`; `docs/scan-task.md` for the ticket and the headers.
struct FlightService {
    static let actions = [ActionType(type: "health_check", description: "Check worker health")]

    let core: Core
    let call: Call

    /// Serves the call to its end.
    func serve(_ message: [UInt8]) async {
        do throws(Status) {
            switch call.method {
            case .doGet: try await doGet(message)
            case .doAction: try await doAction(message)
            case .listActions:
                for action in Self.actions { try await call.send([MessageFrame.encode(action.encode())]) }
            default: throw Status(.unimplemented, "Unknown method")
            }
            call.finish(.ok)
        } catch {
            call.finish(error)
        }
    }

    private func doAction(_ message: [UInt8]) async throws(Status) {
        let action: Action
        do throws(FlightError) {
            action = try Action.decode(message)
        } catch {
            throw Status(.invalidArgument, "malformed Action")
        }
        guard action.type == "health_check" else {
            throw Status(.unimplemented, "Unknown action type: \(action.type)")
        }
        core.metrics.healthChecks.add()
        try await call.send([MessageFrame.encode(ActionResult(body: Array("ok".utf8)).encode())])
    }

    private func doGet(_ message: [UInt8]) async throws(Status) {
        let ticket: Ticket
        do throws(FlightError) {
            ticket = try Ticket.decode(message)
        } catch {
            throw Status(.invalidArgument, "malformed Ticket")
        }
        try core.authentication.check(ticket: ticket.bytes, metadata: call.metadata)
        let task: ScanTask
        do throws(ScanTaskError) {
            task = try ScanTask(ticket: ticket.bytes)
        } catch {
            throw Status(ticketError: error)
        }
        try await Query(core: core, call: call, task: task).run()
    }
}

extension Status {
    /// - Spec: `docs/scan-task.md`, "Errors".
    init(ticketError: ScanTaskError) {
        switch ticketError {
        case .malformed(let detail):
            self.init(.invalidArgument, "Failed to decode ScanTask: \(detail)")
        case .unsupportedVersion(let version):
            let supported = "\(ScanTask.supportedVersions.lowerBound)..=\(ScanTask.supportedVersions.upperBound)"
            self.init(
                .invalidArgument,
                "ScanTask version rejected: unsupported ScanTask version \(version); this worker supports \(supported)")
        }
    }
}
