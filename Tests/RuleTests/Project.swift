import TestFiles

/// The project's own files.
enum Project {
    /// The folders in `Sources` with Swift in them.
    static let rooms = folders("Sources").filter { !swiftFiles("Sources/\($0)").isEmpty }

    /// The folders in `Sources` that stand for a C library.
    static let cRooms = folders("Sources").filter { swiftFiles("Sources/\($0)").isEmpty }

    /// What stays out of version control, as far as the simple patterns of `.gitignore` say.
    private static let ignored: [String] =
        [".git"]
        + text(".gitignore").split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            String(line.drop { $0 == "/" }.prefix { $0 != "/" })
        }

    static func folders(_ path: String) -> [String] {
        TestFiles.entries(TestFiles.project + "/" + path).filter(\.isFolder).map(\.name)
    }

    /// Files below a folder of the project, as paths from the project's folder.
    static func files(_ path: String = "") -> [String] {
        let prefix = path.isEmpty ? "" : path + "/"
        return TestFiles.tree(TestFiles.project + "/" + path, leavingOut: isIgnored).map { prefix + $0 }
    }

    static func swiftFiles(_ path: String) -> [String] {
        files(path).filter { $0.hasSuffix(".swift") }
    }

    /// A file's text; empty when there is no such file.
    static func text(_ path: String) -> String {
        String(decoding: TestFiles.bytes(TestFiles.project + "/" + path) ?? [], as: UTF8.self)
    }

    static func byteCount(_ path: String) -> Int {
        TestFiles.byteCount(TestFiles.project + "/" + path) ?? 0
    }

    private static func isIgnored(_ name: String) -> Bool {
        ignored.contains { TestFiles.matches(name, pattern: $0) }
    }
}
