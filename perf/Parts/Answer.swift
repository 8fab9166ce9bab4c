import Bytes
import Glibc
import Measuring

/// Times of a piece of work and of a plain copy of as many bytes, which takes turns with it.
struct Answer {
    private var works: [Double] = []
    private var copies: [Double] = []
    private let question: Question
    private let check: UInt64

    private static let sampleCount = 15
    private static let leastSeconds = 0.002

    init(_ question: Question, _ scale: Scale) {
        self.question = question
        let source = Slice.fresh(question.outputByteCount)
        let target = Slice.fresh(question.outputByteCount)
        let copy = { _ = memcpy(target.base, source.base, source.count) }
        question.work()
        check = question.check()
        guard scale == .full else {
            works = [Self.seconds(question.work, 1)]
            copies = [Self.seconds(copy, 1)]
            return
        }
        let workTimes = Self.times(question.work)
        let copyTimes = Self.times(copy)
        for _ in 0..<Self.sampleCount {
            works.append(Self.seconds(question.work, workTimes))
            copies.append(Self.seconds(copy, copyTimes))
        }
    }

    /// How often to do it so that the clock is precise enough.
    private static func times(_ work: () -> Void) -> Int {
        var times = 1
        while seconds(work, times) * Double(times) < leastSeconds { times *= 2 }
        return times
    }

    private static func seconds(_ work: () -> Void, _ times: Int) -> Double {
        let start = cpuSeconds()
        for _ in 0..<times { work() }
        return (cpuSeconds() - start) / Double(times)
    }

    static let heading =
        column("question", -40) + column("best ns", 10) + column("median", 10) + column("GB/s", 9)
        + column("of copy", 9) + "  check"

    /// Best time of one value, median, output per second, how many copies that is, check value.
    var line: String {
        let best = works.min() ?? 0
        let values = Double(question.valueCount)
        let copies = (copies.min() ?? 0) > 0 ? best / (copies.min() ?? 1) : 0
        return Self.column(question.name, -40) + Self.column(Self.text(best / values * 1e9), 10)
            + Self.column(Self.text(works.median / values * 1e9), 10)
            + Self.column(Self.text(Double(question.outputByteCount) / best / 1e9), 9)
            + Self.column(Self.text(copies), 9) + "  " + String(check, radix: 16)
    }

    /// Three decimals.
    private static func text(_ number: Double) -> String {
        guard number.isFinite else { return "-" }
        let thousandths = Int((number * 1000).rounded())
        let rest = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    /// Padded to a width, on the right when that is negative.
    private static func column(_ text: String, _ width: Int) -> String {
        let padding = String(repeating: " ", count: max(abs(width) - text.count, 0))
        return width < 0 ? text + padding : padding + text
    }
}
