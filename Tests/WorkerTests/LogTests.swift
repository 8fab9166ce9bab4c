import Randomness
import Json
import Logging
import ParquetFixtures
import Testing

@testable import Worker

@Suite("Log")
struct LogTests {
    private func line(
        _ message: String, _ metadata: Logger.Metadata? = nil, own: Logger.Metadata = [:], level: Logger.Level = .info
    ) -> String {
        var handler = JSONLogHandler(label: "sqe_worker")
        handler.metadata = own
        let event = LogEvent(
            level: level, message: "\(message)", metadata: metadata, source: nil, file: "f", function: "g", line: 1)
        return handler.line(event, timestamp: "2024-05-06T07:08:09Z")
    }

    @Test func oneObjectWithItsFieldsInOrder() {
        let text = line("hello", ["b": "2", "a": "1"], own: ["a": "0", "c": "3"], level: .warning)
        #expect(
            text == #"{"timestamp":"2024-05-06T07:08:09Z","level":"WARNING","target":"sqe_worker","#
                + #""message":"hello","a":"1","b":"2","c":"3"}"#)
    }

    /// Nothing that a peer can put into a text ends the line or the string.
    @Test(arguments: [
        "", "\"", "\\", "\\\"", "\n", "\r\n", "\t", "\0", "\u{1f}", "\u{7f}", "\",\"level\":\"ERROR", "é", "\u{2028}",
        "\u{1F600}", "e\u{301}",
    ])
    func anyTextStaysOneString(_ text: String) throws {
        let line = line(text, ["field": "\(text)"])
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f })
        guard !text.contains("\0") else {
            #expect(line.contains(#""message":"\u0000""#))
            return
        }
        let root = try JSONDocument(parsing: Array(line.utf8)).root
        #expect(root["message"]?.string == text)
        #expect(root["field"]?.string == text)
        #expect(root["level"]?.string == "INFO")
    }

    @Test func randomTextsComeBack() throws {
        var random = SeededRandom(seed: 9)
        for _ in 0..<300 {
            var text = ""
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                let value = UInt32.random(in: 1..<0x3000, using: &random)
                if let scalar = Unicode.Scalar(Bool.random(using: &random) ? value : value % 0x80), scalar.value > 0 {
                    text.unicodeScalars.append(scalar)
                }
            }
            #expect(try JSONDocument(parsing: Array(line(text).utf8)).root["message"]?.string == text)
        }
    }

    @Test func keysAreEscapedToo() throws {
        let root = try JSONDocument(parsing: Array(line("m", ["a\"b\n": "v"]).utf8)).root
        #expect(root["a\"b\n"]?.string == "v")
    }

    @Test func nestedMetadataIsText() throws {
        let root = try JSONDocument(parsing: Array(line("m", ["list": ["a", "b\""]]).utf8)).root
        #expect(root["list"]?.string?.contains("a") == true)
    }

    /// What a log line may be given by mistake.
    @Test func credentialsAreRedacted() throws {
        let task = try ScanTask(ticket: Ticket.full.bytes)
        let text = line(
            "\(task.store)", ["keys": "\(task.store.credentials)", "task": .stringConvertible("\(task)")])
        #expect(text.contains("redacted"))
        for secret in ["hush", "AKIDEXAMPLE"] { #expect(!text.contains(secret)) }
    }
}
