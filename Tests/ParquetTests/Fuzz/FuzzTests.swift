import Randomness
import TestFiles
import Testing

/// Each fuzz entry for a moment: over its good inputs, over those that once were findings, and over mutations of both.
@Suite("Fuzz entries")
struct FuzzTests {
    @Test(arguments: FuzzEntry.all.map(\.name))
    func seedsAndTheirMutationsReturn(_ name: String) throws {
        let entry = try #require(FuzzEntry.all.first { $0.name == name })
        let inputs = entry.seeds() + findings(name)
        for input in inputs { entry.run(input) }
        var random = SeededRandom(seed: 1)
        for _ in 0..<200 { entry.run(mutated(inputs.randomElement(using: &random)!, &random)) }
    }

    @Test func everyFindingHasItsEntry() {
        let folders = TestFiles.entries(TestFiles.project + "/Tests/Fuzz/Seeds").map(\.name)
        #expect(Set(folders).isSubset(of: FuzzEntry.all.map(\.name)))
    }

    private func findings(_ name: String) -> [[UInt8]] {
        let folder = TestFiles.project + "/Tests/Fuzz/Seeds/" + name
        return TestFiles.entries(folder).compactMap { TestFiles.bytes(folder + "/" + $0.name) }
    }

    private func mutated(_ input: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random)!
            case 2: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 3: bytes.insert(bytes[place], at: place)
            case 4: bytes.remove(at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }
}
