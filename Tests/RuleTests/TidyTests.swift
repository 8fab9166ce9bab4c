import TestFiles
import Testing

@Suite("House rules")
struct TidyTests {
    /// In two halves, so that this file does not hold them.
    static let leftoverMarks = [("TO", "DO"), ("FIX", "ME"), ("X", "XX"), ("HA", "CK")].map { $0.0 + $0.1 }

    @Test func theProjectIsFound() {
        #expect(Project.files().contains("Package.swift"))
        #expect(Project.rooms.count >= 10)
        #expect(Project.swiftFiles("Tests").contains("Tests/RuleTests/TidyTests.swift"))
    }

    @Test(arguments: ["Sources", "Tests", "scripts", "perf"])
    func noLeftoverMarks(_ folder: String) {
        for file in Project.files(folder) where Project.byteCount(file) < 1 << 20 {
            let words = Set(Project.text(file).utf8.split { !Self.isWordByte($0) }.map { String($0) ?? "" })
            for mark in Self.leftoverMarks { #expect(!words.contains(mark), "\(file)") }
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    @Test func everyRoomSaysWhatItIs() {
        // The executables are one call into a room.
        for room in Project.rooms where !room.hasPrefix("sqe-") {
            #expect(Project.text("Sources/\(room)/README.md").hasPrefix("# \(room)"), "\(room)")
        }
    }

    @Test func swiftFilesAreShort() {
        for file in Project.swiftFiles("Sources") + Project.swiftFiles("Tests") + Project.swiftFiles("perf") {
            let lineCount = Project.text(file).utf8.count { $0 == UInt8(ascii: "\n") }
            #expect(lineCount < 800, "\(file)")
        }
    }

    @Test func noLargeFiles() {
        for file in Project.files() { #expect(Project.byteCount(file) <= 1 << 20, "\(file)") }
    }

    @Test func noPlaceholders() {
        for file in Project.swiftFiles("Sources") { #expect(Project.byteCount(file) > 0, "\(file)") }
    }
}
