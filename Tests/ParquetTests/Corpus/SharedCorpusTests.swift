import Arrow
import Bytes
import Foundation
import Testing

@testable import Parquet

/// Sample files that are not part of the project: skipped where they are absent.
struct SharedCorpus {
    struct Column: Decodable {
        let name: String
        let type: String
        let nullable: Bool
        let sha256: String?
        let fieldID: Int?

        private enum CodingKeys: String, CodingKey {
            case name, type, nullable, sha256
            case fieldID = "field_id"
        }
    }

    struct Entry: Decodable {
        let path: String?
        let file: String
        let expect: String
        let rows: Int?
        let columns: [Column]?
    }

    private struct Manifest: Decodable {
        let files: [Entry]
    }

    /// `SQE_SHARED_TESTDATA`, or `shared/testdata` beside the package.
    static let root: String? = {
        var candidates: [String] = []
        if let path = ProcessInfo.processInfo.environment["SQE_SHARED_TESTDATA"] { candidates.append(path) }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        candidates.append(package.appendingPathComponent("../shared/testdata").standardized.path)
        return candidates.first { FileManager.default.fileExists(atPath: $0 + "/manifest.json") }
    }()

    static func entries(_ manifest: String) throws -> [Entry] {
        guard let root else { return [] }
        let data = try Data(contentsOf: URL(fileURLWithPath: root + "/" + manifest))
        let decoder = JSONDecoder()
        if let list = try? decoder.decode([Entry].self, from: data) { return list }
        return try decoder.decode(Manifest.self, from: data).files
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: root! + "/" + path)))
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

    /// Column by column, with tiny parts and batches: equal to the golden content, or a feature that is still missing.
    @Test(arguments: ["manifest.json", "generated/manifest.json"])
    func everyFlatColumnIsReadByItself(_ manifest: String) throws {
        let prefix = manifest == "manifest.json" ? "" : "generated/"
        var equalCount = 0
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
                    // A stored Arrow schema changes types; where it does not, the values must be the same.
                    if ColumnText.name(result.schema.fields[0].type) == column.type {
                        #expect(Self.digest(result, 0) == column.sha256, "\(entry.file) \(column.name)")
                        equalCount += 1
                    }
                } catch {
                    guard case .unsupported = error else {
                        Issue.record("\(entry.file) \(column.name): \(error)")
                        continue
                    }
                }
            }
        }
        #expect(equalCount > 100)
    }

    private func outcome(_ path: String, _ entry: SharedCorpus.Entry) throws -> Fate {
        let bytes = try SharedCorpus.bytes(path)
        do throws(ParquetError) {
            let result = try ScanDriver().read(bytes)
            guard let columns = entry.columns else { return .decodesUnchecked }
            #expect(result.rowCount == entry.rows, "\(path)")
            #expect(result.schema.fields.count == columns.count, "\(path)")
            var isAsHinted = true
            for (index, column) in columns.enumerated() {
                let field = result.schema.fields[index]
                #expect(field.name == column.name, "\(path)")
                #expect(field.isNullable == column.nullable, "\(path)")
                let fieldID = field.metadata.first { $0.key == "PARQUET:field_id" }?.value
                #expect(fieldID == column.fieldID.map(String.init), "\(path)")
                if ColumnText.name(field.type) == column.type {
                    #expect(Self.digest(result, index) == column.sha256, "\(path) \(column.name)")
                } else {
                    isAsHinted = false
                }
            }
            return isAsHinted ? .decodes : .decodesWithoutHint
        } catch {
            switch error {
            case .unsupported(let feature, _): return .unsupported(feature)
            case .malformed(let what, _): return .malformed(what.replacing("file metadata: ", with: ""))
            case .tooLarge(let what, _): return .malformed(what)
            }
        }
    }

    private static func digest(_ result: ScanDriver.Result, _ column: Int) -> String {
        var digest = SHA256()
        for value in result.values(column) { digest.update((value + "\n").utf8) }
        return digest.finish()
    }
}
