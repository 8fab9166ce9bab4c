import Logging
import Reactor

/// One JSON object a line on standard output, as the coordinator's own processes log.
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    let label: String

    init(label: String) {
        self.label = label
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        StandardOutput.writeLine(line(event, timestamp: CalendarClock.timestamp()))
    }

    /// The object that stands for one event.
    func line(_ event: LogEvent, timestamp: String) -> String {
        var fields = [
            ("timestamp", timestamp), ("level", event.level.rawValue.uppercased()), ("target", label),
        ]
        fields.append(("message", event.message.description))
        let all = metadata.merging(event.metadata ?? [:]) { _, later in later }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { fields.append((key, value.description)) }
        return "{" + fields.map { Self.quoted($0.0) + ":" + Self.quoted($0.1) }.joined(separator: ",") + "}"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7f {
                    quoted += "\\u" + String(String(scalar.value + 0x10000, radix: 16).dropFirst())
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }
}
