/// Repeatable numbers: a permuted linear congruential generator (PCG, 64 bits of state, 32 out).
public struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed &* 2 &+ 0x9e37_79b9_7f4a_7c15
        _ = half()
    }

    private mutating func half() -> UInt32 {
        let old = state
        state = old &* 0x5851_f42d_4c95_7f2d &+ 0x1405_7b7e_f767_814f
        let mixed = UInt32(truncatingIfNeeded: (old >> 18 ^ old) >> 27)
        let turn = UInt32(old >> 59)
        return mixed >> turn | mixed << ((~turn &+ 1) & 31)
    }

    public mutating func next() -> UInt64 { UInt64(half()) << 32 | UInt64(half()) }

    /// Numbers from 0 up to a limit, which they do not reach.
    public mutating func numbers(_ count: Int, below limit: UInt64) -> [UInt64] {
        (0..<count).map { _ in next() % limit }
    }

    /// Texts of some words out of a small vocabulary, frequent words more often.
    public mutating func texts(_ count: Int, words range: ClosedRange<Int>) -> [[UInt8]] {
        let vocabulary = numbers(2000, below: 9).map { length in
            (0..<length + 2).map { _ in UInt8(ascii: "a") + UInt8(next() % 26) }
        }
        return (0..<count).map { _ in
            let wordCount = Int.random(in: range, using: &self)
            let words = (0..<wordCount).map { _ in vocabulary[Int(next() % (next() % 2000 + 1))] }
            return Array(words.joined(separator: [UInt8(ascii: " ")]))
        }
    }
}
