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
        let field_id: Int?
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
    @Test func explore() throws {
        for (manifest, prefix) in [("manifest.json", ""), ("generated/manifest.json", "generated/")] {
            for entry in try SharedCorpus.entries(manifest) {
                let path = prefix + (entry.path ?? entry.file)
                let outcome: String
                do throws(ParquetError) {
                    let result = try ScanDriver().read(try! SharedCorpus.bytes(path))
                    outcome = Self.compare(result, entry)
                } catch { outcome = "\(error)" }
                print("OUT|\(path)|\(entry.expect)|\(outcome)")
            }
        }
    }

    static func compare(_ result: ScanDriver.Result, _ entry: SharedCorpus.Entry) -> String {
        guard let columns = entry.columns else { return "no golden" }
        var differences: [String] = []
        if result.rowCount != entry.rows { differences.append("rows \(result.rowCount) \(entry.rows ?? -1)") }
        if result.schema.fields.count != columns.count { return "column count" }
        for (index, column) in columns.enumerated() {
            let field = result.schema.fields[index]
            if field.name != column.name { differences.append("name \(field.name)") }
            if ColumnText.name(field.type) != column.type {
                differences.append("type \(ColumnText.name(field.type)) \(column.type)")
            }
            if field.isNullable != column.nullable { differences.append("nullable \(field.name)") }
            let fieldID = field.metadata.first { $0.key == "PARQUET:field_id" }?.value
            if fieldID != column.field_id.map(String.init) { differences.append("field id") }
            var digest = SHA256()
            for value in result.values(index) { digest.update((value + "\n").utf8) }
            if digest.finish() != column.sha256 { differences.append("values \(field.name)") }
        }
        return differences.isEmpty ? "equal" : differences.joined(separator: "; ")
    }
}
