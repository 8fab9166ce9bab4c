import TestFiles
import Testing

@Suite("Who may import whom")
struct ImportTests {
    /// Every room and all that its files may import.
    static let allowed: [String: Set<String>] = [
        "Bytes": ["Glibc", "Synchronization"],
        "Reactor": ["Bytes", "CUring", "Glibc", "Synchronization"],
        "Http1": ["Bytes"],
        "Tls": ["Bytes", "COpenSSL"],
        "S3": ["Bytes", "Http1", "COpenSSL", "Synchronization"],
        "Arrow": ["Bytes", "CLz4", "CZstd"],
        "Parquet": ["Arrow", "Bytes", "CBrotli", "CDeflate", "CKernels", "CLz4", "CZstd", "Synchronization"],
        "Http2": ["Bytes", "CNghttp2"],
        "Grpc": ["Bytes"],
        "Flight": ["Arrow", "Bytes", "Grpc"],
        "Json": ["CJansson"],
        "Worker": [
            "Arrow", "Bytes", "Flight", "Grpc", "Http1", "Http2", "Json", "Parquet", "Reactor", "S3", "Tls", "Logging",
            "Synchronization", "TOMLKit",
        ],
        "Fleet": ["Arrow", "Bytes", "Flight", "Grpc", "Http2", "Json", "Reactor", "S3", "Synchronization"],
        "sqe-server": ["ArgumentParser", "Worker"],
        "sqe-cli": ["ArgumentParser", "Fleet"],
    ]

    /// The rooms that know a C library. Two formats have the same codecs inside, and OpenSSL both signs requests and seals
    /// them; all other libraries have one door.
    static let doors: [String: Set<String>] = [
        "CBrotli": ["Parquet"], "CDeflate": ["Parquet"], "CJansson": ["Json"], "CKernels": ["Parquet"],
        "CLz4": ["Arrow", "Parquet"], "CNghttp2": ["Http2"], "COpenSSL": ["S3", "Tls"], "CUring": ["Reactor"],
        "CZstd": ["Arrow", "Parquet"],
    ]

    /// The folders that import a C library, where it is more than a kernel or a header of our own.
    private static let ourOwn: Set<String> = ["CKernels", "CUring"]

    @Test func everyImportIsInTheTable() {
        for room in Project.rooms {
            guard let allowed = Self.allowed[room] else {
                Issue.record("the room \(room) is not in the table")
                continue
            }
            for file in Project.swiftFiles("Sources/\(room)") {
                for module in Imports.modules(of: Project.text(file)) where !allowed.contains(module) {
                    Issue.record("\(file) imports \(module)")
                }
            }
        }
    }

    @Test func everyCLibraryHasItsDoor() {
        var rooms: [String: Set<String>] = [:]
        var folders: [String: Set<Substring>] = [:]
        for room in Project.rooms {
            for file in Project.swiftFiles("Sources/\(room)") {
                for module in Imports.modules(of: Project.text(file)) where Project.cRooms.contains(module) {
                    rooms[module, default: []].insert(room)
                    folders[module, default: []].insert(file.prefix(upTo: file.lastIndex(of: "/") ?? file.endIndex))
                }
            }
        }
        #expect(rooms == Self.doors)
        #expect(Set(Project.cRooms) == Set(Self.doors.keys))
        for (module, folders) in folders where !Self.ourOwn.contains(module) {
            #expect(folders.count == Self.doors[module]?.count, "\(module) is imported in \(folders.sorted())")
        }
    }

    @Test(arguments: ["Foundation", "FoundationEssentials", "Dispatch"])
    func nothingImports(_ module: String) {
        for file in Project.swiftFiles("Sources") + Project.swiftFiles("Tests") + Project.swiftFiles("perf") {
            #expect(!Imports.modules(of: Project.text(file)).contains(module), "\(file)")
        }
    }

    /// Rooms that understand a format or protocol stay away from the system.
    @Test func onlyTwoRoomsSpeakToTheSystem() {
        let rooms = Self.allowed.filter { $0.value.contains("Glibc") }.map(\.key)
        #expect(rooms.sorted() == ["Bytes", "Reactor"])
    }

    @Test func importLinesAreUnderstood() {
        let text = """
            // import Comment
            import A
            public import B  // why
            @testable import C
            @preconcurrency internal import struct D.E
              import F
            let text = "import G"
            importer.run()
            """
        #expect(Imports.modules(of: text) == ["A", "B", "C", "D", "F"])
    }
}

/// The import lines of Swift files.
enum Imports {
    private static let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]

    /// The modules that a text imports.
    static func modules(of text: String) -> Set<String> {
        var modules: Set<String> = []
        for line in text.split(separator: "\n") {
            var words = line.split(separator: " ").drop { $0.hasPrefix("@") || modifiers.contains($0) }
            guard words.popFirst() == "import" else { continue }
            words = words.drop { kinds.contains($0) }
            if let path = words.first { modules.insert(String(path.prefix { $0 != "." && $0 != ";" })) }
        }
        return modules
    }
}
