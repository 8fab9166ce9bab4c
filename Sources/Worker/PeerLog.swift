import Logging
import Synchronization

/// Log lines that peers cause: so many of each kind a second, and no more, whatever they send.
///
/// The first line that is written after some were left out says how many in `suppressed`.
final class PeerLog: Sendable {
    /// What a line tells.
    enum Kind: String {
        case scanStarted = "scan started"
        case scanCompleted = "scan completed"
        case scanFailed = "scan failed"
        case credentialsRefreshed = "credentials refreshed"
        case connectionEnded = "connection ended"
    }

    private struct Second {
        var start: UInt64
        var lineCount = 0
        /// Since the last line that was written.
        var suppressedCount = 0
    }

    private static let linesPerSecond = 10

    private let log: Logger
    private let suppressedCounter: Metrics.Counter
    private let seconds = Mutex<[Kind: Second]>([:])

    /// - Parameter suppressedCounter: counts the lines that were left out.
    init(_ log: Logger, suppressedCounter: Metrics.Counter) {
        self.log = log
        self.suppressedCounter = suppressedCounter
    }

    func debug(_ kind: Kind, now: UInt64, _ metadata: @autoclosure () -> Logger.Metadata) {
        write(kind, .debug, now, metadata)
    }

    /// - Parameter now: nanoseconds of a clock that never steps back; the same for all cores.
    func info(_ kind: Kind, now: UInt64, _ metadata: @autoclosure () -> Logger.Metadata) {
        write(kind, .info, now, metadata)
    }

    private func write(_ kind: Kind, _ level: Logger.Level, _ now: UInt64, _ metadata: () -> Logger.Metadata) {
        guard log.logLevel <= level else { return }
        guard let suppressedCount = admit(kind, now) else { return suppressedCounter.add() }
        var metadata = metadata()
        if suppressedCount > 0 { metadata["suppressed"] = "\(suppressedCount)" }
        log.log(level: level, "\(kind.rawValue)", metadata: metadata)
    }

    /// How many lines were left out before this one; nil when it is left out too.
    private func admit(_ kind: Kind, _ now: UInt64) -> Int? {
        seconds.withLock { seconds in
            var second = seconds[kind] ?? Second(start: now)
            defer { seconds[kind] = second }
            // Cores read the clock before they come here, so one may be a little behind another.
            if now >= second.start + 1_000_000_000 { (second.start, second.lineCount) = (now, 0) }
            guard second.lineCount < Self.linesPerSecond else {
                second.suppressedCount += 1
                return nil
            }
            second.lineCount += 1
            defer { second.suppressedCount = 0 }
            return second.suppressedCount
        }
    }
}
