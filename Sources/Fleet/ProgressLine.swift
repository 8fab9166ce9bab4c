import Reactor

/// A line on standard error that moves while a scan runs. How much there will be is not known before the end, so the bar
/// walks to and fro.
struct ProgressLine {
    /// Time between two drawings.
    ///
    /// - Units: nanoseconds.
    static let intervalNanoseconds: UInt64 = 100_000_000
    private static let trackWidth = 20
    private static let barWidth = 5
    private static let eraseLine = "\r\u{1b}[K"

    private var step = 0

    /// Draws the next position of the bar.
    mutating func draw(rowCount: Int, byteCount: Int, nanoseconds: UInt64) {
        StandardError.write(Self.eraseLine + text(rowCount: rowCount, byteCount: byteCount, nanoseconds: nanoseconds))
        step += 1
    }

    /// Leaves the line empty.
    func erase() {
        if step > 0 { StandardError.write(Self.eraseLine) }
    }

    /// The line itself, shorter than 80 characters.
    func text(rowCount: Int, byteCount: Int, nanoseconds: UInt64) -> String {
        let span = Self.trackWidth - Self.barWidth
        let phase = step % (2 * span)
        let left = min(phase, 2 * span - phase)
        let bar = String(repeating: " ", count: left) + String(repeating: "=", count: Self.barWidth)
        let milliseconds = nanoseconds / 1_000_000
        let bytesPerSecond = Int(clamping: UInt64(byteCount) / max(milliseconds, 1)) &* 1000
        return "[" + TerminalText.padded(bar, to: Self.trackWidth, onLeft: false)
            + "] \(NumberText.short(rowCount)) rows  \(NumberText.bytes(byteCount))"
            + "  \(NumberText.bytes(bytesPerSecond))/s  \(NumberText.quotient(milliseconds, 1000, digitCount: 1)) s"
    }
}
