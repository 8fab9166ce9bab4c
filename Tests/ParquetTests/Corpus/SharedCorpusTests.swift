import Arrow
import Bytes
import Json
import TestFiles
import Testing

@testable import Parquet

/// Sample files that are not part of the project: skipped where they are absent.
struct SharedCorpus {
    struct Column {
        let name: String
        let type: String
        let nullable: Bool
        let sha256: String?
        let fieldID: Int?
    }

    struct Entry {
        let path: String?
        let file: String
        let expect: String
        let rows: Int?
        let columns: [Column]?
        let golden: String?
    }

    private struct Unreadable: Error {
        let path: String
    }

    /// `SQE_SHARED_TESTDATA`, or `shared/testdata` beside the package.
    static let root: String? = {
        let candidates = [TestFiles.environment("SQE_SHARED_TESTDATA"), TestFiles.project + "/../shared/testdata"]
        return candidates.compactMap(\.self).first { TestFiles.byteCount($0 + "/manifest.json") != nil }
    }()

    /// A manifest is a list of entries or an object with the list in `files`.
    static func entries(_ manifest: String) throws -> [Entry] {
        guard root != nil else { return [] }
        let root = try JSONDocument(parsing: try bytes(manifest)).root
        guard let files = root.elements ?? root["files"]?.elements else { throw Unreadable(path: manifest) }
        return try files.map { node in
            Entry(
                path: node["path"]?.string, file: try #require(node["file"]?.string),
                expect: try #require(node["expect"]?.string), rows: node["rows"]?.integer.map(Int.init),
                columns: try node["columns"]?.elements?.map(column), golden: node["golden"]?.string)
        }
    }

    private static func column(_ node: JSONNode) throws -> Column {
        Column(
            name: try #require(node["name"]?.string), type: try #require(node["type"]?.string),
            nullable: try #require(node["nullable"]?.boolean as Bool?), sha256: node["sha256"]?.string,
            fieldID: node["field_id"]?.integer.map(Int.init))
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        guard let root, let bytes = TestFiles.bytes(root + "/" + path) else { throw Unreadable(path: path) }
        return bytes
    }
}

@Suite("Sample files", .enabled(if: SharedCorpus.root != nil, "the shared sample files are not there"))
struct SharedCorpusTests {
    @Test func everyFileMeetsItsFate() throws {
        let entries = try SharedCorpus.entries("manifest.json")
        for entry in entries {
            let path = entry.path ?? entry.file
            guard let fate = Fate.all[path] else {
                Issue.record("\(path) has no fate")
                continue
            }
            #expect(try outcome(path, entry) == fate, "\(path)")
        }
        let paths = Set(entries.map { $0.path ?? $0.file })
        for path in Fate.all.keys where !paths.contains(path) { Issue.record("\(path) is not in the collection") }
    }

    /// Column by column, with tiny parts and batches.
    @Test(arguments: ["manifest.json", "generated/manifest.json"])
    func everyColumnIsReadByItself(_ manifest: String) throws {
        let prefix = manifest == "manifest.json" ? "" : "generated/"
        for entry in try SharedCorpus.entries(manifest) {
            guard let columns = entry.columns, entry.expect == "decode" else { continue }
            let bytes = try SharedCorpus.bytes(prefix + (entry.path ?? entry.file))
            for (index, column) in columns.enumerated() {
                var driver = ScanDriver(columns: [index])
                driver.options.batchBodyByteCount = 2000
                driver.options.firstPartByteCount = 64
                driver.options.partByteCount = 100
                do throws(ParquetError) {
                    let result = try driver.read(bytes)
                    #expect(
                        ColumnText.name(result.schema.fields[0].type) == column.type, "\(entry.file) \(column.name)")
                    #expect(Self.digest(result, 0) == column.sha256, "\(entry.file) \(column.name)")
                } catch {
                    Issue.record("\(entry.file) \(column.name): \(error)")
                }
            }
        }
    }

    private func outcome(_ path: String, _ entry: SharedCorpus.Entry) throws -> Fate {
        let bytes = try SharedCorpus.bytes(path)
        do throws(ParquetError) {
            let result = try ScanDriver().read(bytes)
            guard let columns = entry.columns else { return .decodesUnchecked }
            #expect(result.rowCount == entry.rows, "\(path)")
            #expect(result.schema.fields.count == columns.count, "\(path)")
            for (index, column) in columns.enumerated() {
                let field = result.schema.fields[index]
                #expect(field.name == column.name, "\(path)")
                #expect(field.isNullable == column.nullable, "\(path)")
                let fieldID = field.metadata.first { $0.key == "PARQUET:field_id" }?.value
                #expect(fieldID == column.fieldID.map(String.init), "\(path)")
                #expect(ColumnText.name(field.type) == column.type, "\(path)")
                #expect(Self.digest(result, index) == column.sha256, "\(path) \(column.name)")
            }
            return .decodes
        } catch {
            switch error {
            case .unsupported(let feature, _): return .unsupported(feature)
            case .malformed(let what, _): return .malformed(what.replacing("file metadata: ", with: ""))
            case .tooLarge(let what, _): return .malformed(what)
            }
        }
    }

    private static func digest(_ result: ScanDriver.Result, _ column: Int) -> String { digest(result.values(column)) }

    static func digest(_ values: [String]) -> String {
        var digest = SHA256()
        for value in values { digest.update((value + "\n").utf8) }
        return digest.finish()
    }
}
