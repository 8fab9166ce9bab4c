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
        for _ in 0..<200 { entry.run(inputs.randomElement(using: &random)!.mutated(using: &random)) }
    }

    @Test func everyFindingHasItsEntry() {
        let folders = TestFiles.entries(TestFiles.project + "/Tests/Fuzz/Seeds").map(\.name)
        #expect(Set(folders).isSubset(of: FuzzEntry.all.map(\.name)))
    }

    private func findings(_ name: String) -> [[UInt8]] {
        let folder = TestFiles.project + "/Tests/Fuzz/Seeds/" + name
        return TestFiles.entries(folder).compactMap { TestFiles.bytes(folder + "/" + $0.name) }
    }
}
