import Grpc
import Json
import Testing

@testable import Fleet

@Suite("Scan ticket")
struct ScanTicketTests {
    static let environment = [
        "AWS_ENDPOINT_URL": "http://store:9000", "AWS_REGION": "eu-central-2", "AWS_ACCESS_KEY_ID": "env-id",
        "AWS_SECRET_ACCESS_KEY": "env-secret", "AWS_SESSION_TOKEN": "env-token",
    ]

    @Test func saysEverything() throws {
        let store = StoreAccess(environment: Self.environment)
        let files = ["s3://b/a \"quoted\"\\.parquet", "s3://b/日本\n.parquet"]
        let ticket = ScanTicket(files: files, columns: ["é\"", ""], store: store)
        let root = try JSONDocument(parsing: ticket.encoded(fragmentID: "f")).root
        #expect(root["version"]?.integer == 1)
        #expect(root["fragment_id"]?.string == "f")
        #expect(root["data_file_paths"]?.elements?.map(\.string) == files)
        #expect(root["projected_columns"]?.elements?.map(\.string) == ["é\"", ""])
        #expect(root["s3_endpoint"]?.string == "http://store:9000")
        #expect(root["s3_region"]?.string == "eu-central-2")
        #expect(root["s3_access_key"]?.string == "env-id")
        #expect(root["s3_secret_key"]?.string == "env-secret")
        #expect(root["s3_session_token"]?.string == "env-token")
        #expect(root["s3_path_style"]?.boolean == true)
        #expect(root["s3_allow_http"]?.boolean == true)
    }

    @Test func optionsComeBeforeTheEnvironment() {
        let store = StoreAccess(accessKey: "id", secretKey: "secret", environment: Self.environment)
        #expect(store.accessKey == "id")
        #expect(store.secretKey == "secret")
        // The token in the environment belongs to other keys.
        #expect(store.sessionToken == "")
        let bare = StoreAccess(environment: [:])
        #expect([bare.endpoint, bare.accessKey, bare.secretKey, bare.sessionToken] == ["", "", "", ""])
        #expect(bare.region == "us-east-1")
    }

    @Test func keysAreNotPrinted() {
        let store = StoreAccess(environment: Self.environment)
        let secret = WorkerSecret("open sesame")
        var printed = "\(store) \(secret)"
        dump([store], to: &printed)
        dump([secret], to: &printed)
        debugPrint(ScanTicket(files: [], columns: [], store: store), secret, to: &printed)
        for word in ["env-id", "env-secret", "env-token", "open sesame"] { #expect(!printed.contains(word)) }
    }

    /// The vector of the contract.
    @Test func signsTheTicket() {
        let fields = WorkerSecret("shared-secret").metadata(for: Array(#"{"fragment_id":"f"}"#.utf8))
        #expect(fields.first("x-sqe-worker-secret") == "shared-secret")
        #expect(
            fields.first("x-sqe-scan-signature") == "a6366e66e9a2b33ee9c9b8328983c50b75241de9dab1f63eddcb847e158d25eb")
    }

    @Test func fragmentsHaveNamesOfTheirOwn() {
        let names = (0..<100).map { _ in ScanTicket.makeFragmentID() }
        #expect(Set(names).count == 100)
        for name in names {
            let groups = name.split(separator: "-")
            #expect(groups.map(\.count) == [8, 4, 4, 4, 12])
            #expect(groups[2].first == "4")
            #expect("89ab".contains(groups[3].first ?? " "))
        }
    }
}
