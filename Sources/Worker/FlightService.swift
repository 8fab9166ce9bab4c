import Bytes
import Flight
import Grpc
import Logging
import Reactor

/// What each Flight method does for one call.
///
/// - Spec: Arrow `Flight.proto`; `docs/scan-task.md` for the ticket and the headers.
struct FlightService {
    static let actions = [
        ActionType(type: "health_check", description: "Check worker health"),
        ActionType(type: "refresh_credentials", description: "Accept refreshed S3 credentials from coordinator"),
    ]

    let core: Core
    let call: Call

    /// Serves the call to its end.
    func serve(_ message: [UInt8]) async {
        do throws(Status) {
            switch call.route {
            case .flight(.doGet): try await doGet(message)
            case .flight(.doAction): try await doAction(message)
            case .flight(.listActions):
                for action in Self.actions { try await call.send([MessageFrame.encode(action.encode())]) }
            case .health(let method): try await health(method, message)
            case .flight, .unknown: throw Status(.unimplemented, "Unknown method")
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
        let answer: String
        switch action.type {
        case "health_check":
            core.metrics.healthChecks.add()
            answer = "ok"
        case "refresh_credentials":
            try core.authentication.check(metadata: call.metadata)
            answer = try refreshCredentials(action.body)
        default: throw Status(.unimplemented, "Unknown action type: \(action.type)")
        }
        try await call.send([MessageFrame.encode(ActionResult(body: Array(answer.utf8)).encode())])
    }

    private func refreshCredentials(_ body: [UInt8]) throws(Status) -> String {
        let message: RefreshedCredentials
        do throws(ScanTaskError) {
            message = try RefreshedCredentials(body)
        } catch {
            let text = if case .malformed(let text) = error { text } else { "another version" }
            throw Status(.invalidArgument, "Failed to decode RefreshableCredentials: \(text)")
        }
        let isRunning = core.fragments.replace(message.credentials, of: message.fragmentID)
        core.log.debug(
            .credentialsRefreshed, now: core.loop.now(),
            ["fragment_id": "\(message.fragmentID)", "is_running": "\(isRunning)"])
        return isRunning ? "accepted" : "no_active_scan"
    }

    /// - Spec: gRPC "Health Checking Protocol".
    private func health(_ method: HealthService.Method, _ message: [UInt8]) async throws(Status) {
        let service: String
        do throws(FlightError) {
            service = try HealthService.decodeRequest(message)
        } catch {
            throw Status(.invalidArgument, "malformed HealthCheckRequest")
        }
        let isKnown = service.isEmpty || service == FlightMethod.service
        switch method {
        case .check:
            guard isKnown else { throw Status(.notFound, "unknown service") }
            try await call.send([MessageFrame.encode(core.servingStatus.encode())])
        case .watch:
            let status = isKnown ? core.servingStatus : .serviceUnknown
            try await call.send([MessageFrame.encode(status.encode())])
            await core.waitForDrain(or: call)
            if isKnown, !call.isOver, status == .serving {
                try await call.send([MessageFrame.encode(core.servingStatus.encode())])
            }
        }
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
