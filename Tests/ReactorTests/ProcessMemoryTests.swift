import Testing

@testable import Reactor

@Suite("Process memory")
struct ProcessMemoryTests {
    @Test(
        arguments: [("max\n", nil), ("1073741824\n", 1_073_741_824), ("", nil), ("0", nil), ("-1", nil), ("1 2", nil)]
            as [(String, Int?)])
    func readsTheLimit(text: String, byteCount: Int?) {
        #expect(ProcessMemory.limit(fromText: text) == byteCount)
    }

    @Test func someMemoryIsAllowed() {
        #expect(ProcessMemory.defaultByteCount() > 0)
    }
}
