/// One way from outside bytes into the decoder: whatever they are, it must return.
///
/// The same entries run briefly in the unit tests and for long under libFuzzer, see `Tests/Fuzz`.
struct FuzzEntry: Sendable {
    let name: String
    /// Good inputs to begin with.
    let seeds: @Sendable () -> [[UInt8]]
    /// Errors are fine and forgotten; traps, hangs and reads outside memory are findings.
    let run: @Sendable ([UInt8]) -> Void

    static let all: [FuzzEntry] =
        FuzzedMetadata.entries + FuzzedPages.entries + FuzzedCodecs.entries
        + [FuzzedLevels.entry, FuzzedFile.entry]
}

/// Takes an input apart; beyond its end there are zeros.
struct FuzzInput {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func choose<Item>(_ items: [Item]) -> Item { items[Int(byte()) % items.count] }

    mutating func take(_ count: Int) -> [UInt8] {
        let end = min(position + count, bytes.count)
        defer { position = end }
        return Array(bytes[position..<end])
    }

    mutating func rest() -> [UInt8] { take(bytes.count) }
}
