import Logging
import Synchronization
import Testing

@testable import Worker

@Suite("Log lines of peers")
struct PeerLogTests {
    /// Keeps what is logged.
    private final class Lines: Sendable {
        private let kept = Mutex<[String]>([])

        func add(_ line: String) { kept.withLock { $0.append(line) } }

        func take() -> [String] {
            kept.withLock { lines in
                defer { lines = [] }
                return lines
            }
        }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            lines.add(([event.message.description] + all).joined(separator: " "))
        }
    }

    private struct Bench {
        let lines = Lines()
        let counter = Metrics.Counter()
        let log: PeerLog

        init(_ level: Logger.Level = .info) {
            let handler = Handler(lines: lines, logLevel: level)
            log = PeerLog(Logger(label: "test") { _ in handler }, suppressedCounter: counter)
        }

        func fail(_ count: Int, now: UInt64) {
            for number in 0..<count { log.info(.scanFailed, now: now, ["n": "\(number)"]) }
        }
    }

    @Test func tenOfAKindInASecond() {
        let bench = Bench()
        bench.fail(25, now: 5_000_000_000)
        #expect(bench.lines.take() == (0..<10).map { "scan failed n=\($0)" })
        #expect(bench.counter.current == 15)
        bench.fail(1, now: 5_999_999_999)
        #expect(bench.lines.take().isEmpty)
        bench.fail(2, now: 6_000_000_000)
        #expect(bench.lines.take() == ["scan failed n=0 suppressed=16", "scan failed n=1"])
        #expect(bench.counter.current == 16)
    }

    @Test func kindsDoNotTakeEachOthersLines() {
        let bench = Bench()
        bench.fail(11, now: 0)
        bench.log.info(.scanCompleted, now: 0, [:])
        #expect(bench.lines.take().last == "scan completed")
    }

    @Test func aClockThatIsALittleBehindIsNoNewSecond() {
        let bench = Bench()
        bench.fail(10, now: 2_000_000_000)
        bench.fail(1, now: 1_999_000_000)
        #expect(bench.lines.take().count == 10)
    }

    @Test func linesBelowTheLevelAreNotCounted() {
        let bench = Bench(.info)
        for _ in 0..<20 { bench.log.debug(.scanStarted, now: 0, [:]) }
        #expect(bench.counter.current == 0)
        #expect(bench.lines.take().isEmpty)
        let verbose = Bench(.debug)
        verbose.log.debug(.scanStarted, now: 0, [:])
        #expect(verbose.lines.take() == ["scan started"])
    }
}
