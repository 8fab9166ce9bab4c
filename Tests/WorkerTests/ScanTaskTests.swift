import Randomness
import ParquetFixtures
import S3
import Testing

@testable import Worker

@Suite("Scan task")
struct ScanTaskTests {
    private func fault(_ ticket: Ticket) -> ScanTaskError? {
        do throws(ScanTaskError) {
            _ = try ScanTask(ticket: ticket.bytes)
            return nil
        } catch {
            return error
        }
    }

    /// The text of a malformed ticket's error; nil for a good ticket.
    private func text(_ ticket: Ticket) -> String? {
        guard case .malformed(let text)? = fault(ticket) else { return nil }
        return text
    }

    // MARK: What is read

    @Test func eightFieldsAreEnough() throws {
        let task = try ScanTask(ticket: Ticket.seed.bytes)
        #expect(task.fragmentID == "0190-f")
        #expect(
            task.files == [
                .object(try ObjectLocation.parse("s3://lake/a.parquet")),
                .object(try ObjectLocation.parse("s3://lake/b.parquet")),
            ])
        #expect(task.fileByteCounts == [nil, nil])
        #expect(task.columns == ["x", "y"])
        #expect(task.fieldIDs.isEmpty)
        #expect(task.rowGroupStart == nil && task.rowGroupEnd == nil)
        #expect(task.startByte == nil && task.endByte == nil)
        #expect(task.limit == nil)
        #expect(task.store.endpoint == "http://127.0.0.1:9000")
        #expect(task.store.region == "eu-west-1")
        // The flag's default is what the endpoint itself says.
        #expect(task.store.allowsHTTP)
        #expect(!task.store.credentials.isAnonymous)
    }

    @Test func everyFieldIsRead() throws {
        let task = try ScanTask(ticket: Ticket.full.bytes)
        #expect(task.fileByteCounts == [1000, nil])
        #expect(task.rowGroupStart == 1)
        #expect(task.rowGroupEnd == 3)
        #expect(task.startByte == 4)
        #expect(task.endByte == 5_000_000_000)
        #expect(task.fieldIDs == [1, -2])
        #expect(task.limit == 7)
        #expect(!task.store.allowsHTTP)
    }

    @Test func orderOfTheMembersDoesNotMatter() throws {
        let task = try ScanTask(ticket: Ticket(members: Ticket.full.members.reversed()).bytes)
        #expect(task.fragmentID == "0190-f")
        #expect(task.columns == ["x", "y"])
        #expect(task.limit == 7)
    }

    @Test(arguments: [
        "version", "morsel_id", "file_sizes_bytes", "row_group_start", "row_group_end", "start_byte",
        "end_byte", "projected_field_ids", "s3_session_token", "s3_allow_http", "predicate_proto", "limit",
    ])
    func nullIsAsGoodAsAbsent(_ key: String) throws {
        let task = try ScanTask(ticket: Ticket.seed.setting([key: "null"]).bytes)
        #expect(task.fileByteCounts == [nil, nil])
        #expect(task.fieldIDs.isEmpty)
        #expect(task.store.allowsHTTP)
    }

    @Test func unknownKeysAreIgnored() throws {
        let ticket = Ticket.seed.setting([
            "table_format": #"{"name":"iceberg","v":[1,2.5,null,true]}"#, "": "{}", "Version": "9", "é": "0.5",
        ])
        #expect(try ScanTask(ticket: ticket.bytes).columns == ["x", "y"])
    }

    @Test(arguments: [
        ("https://s3.example", false), ("http://h", true), ("HTTP://h", true), ("", false), ("httpx://h", false),
    ])
    func plainHTTPIsAllowedByTheEndpointOnlyWithoutTheFlag(_ endpoint: String, _ isPlain: Bool) throws {
        let ticket = Ticket.seed.setting(["s3_endpoint": "\"\(endpoint)\""])
        #expect(try ScanTask(ticket: ticket.bytes).store.allowsHTTP == isPlain)
        for flag in [true, false] {
            let told = ticket.setting(["s3_allow_http": "\(flag)"])
            #expect(try ScanTask(ticket: told.bytes).store.allowsHTTP == flag)
        }
    }

    @Test func emptyKeysMeanUnsignedRequests() throws {
        let ticket = Ticket.seed.setting(["s3_access_key": "\"\"", "s3_secret_key": "\"\""])
        #expect(try ScanTask(ticket: ticket.bytes).store.credentials.isAnonymous)
    }

    @Test func aTicketWithoutFilesIsReadAsSuch() throws {
        // The scan refuses it with the words that the coordinator knows.
        #expect(try ScanTask(ticket: Ticket.seed.setting(["data_file_paths": "[]"]).bytes).files.isEmpty)
    }

    @Test func moreSizesThanFilesAreIgnored() throws {
        let ticket = Ticket.seed.setting(["file_sizes_bytes": "[1,2,3]"])
        #expect(try ScanTask(ticket: ticket.bytes).fileByteCounts == [1, 2])
    }

    // MARK: Versions

    @Test(arguments: ["1", "2", "null"])
    func knownVersions(_ version: String) {
        #expect(fault(Ticket.seed.setting(["version": version])) == nil)
    }

    @Test(arguments: [0, 3, -1, Int64(UInt32.max) + 2, Int64.max, Int64.min])
    func otherVersionsAreRefused(_ version: Int64) {
        #expect(fault(Ticket.seed.setting(["version": "\(version)"])) == .unsupportedVersion(version))
    }

    @Test func anOldVersionMayCarryARange() throws {
        let task = try ScanTask(ticket: Ticket.full.setting(["version": "1"]).bytes)
        #expect(task.startByte == 4)
    }

    // MARK: What is wrong

    @Test(arguments: Ticket.seed.members.map(\.key))
    func aMissingFieldIsNamed(_ key: String) {
        #expect(text(Ticket.seed.removing(key)) == "missing field `\(key)`")
        #expect(text(Ticket.seed.setting([key: "null"])) == "missing field `\(key)`")
    }

    /// Every known member that is looked at, with every kind of value that it must not be.
    @Test(arguments: Ticket.full.members.map(\.key).filter { $0 != "morsel_id" })
    func aValueOfTheWrongTypeNamesItsField(_ key: String) throws {
        let good = try #require(Ticket.full.members.first { $0.key == key }).value
        let kinds = [#""hush""#, "1", "1.5", "true", "{}", "[{}]", "[[]]", "[true]", "[1.5]", "[null]", #"["hush"]"#]
        for value in kinds where kind(value) != kind(good) {
            let message = text(Ticket.full.setting([key: value]))
            #expect(message?.contains("`\(key)`") == true, "\(key): \(value) gave \(message ?? "no error")")
            #expect(message?.contains("hush") != true)
        }
    }

    /// A rough type: arrays by their first element.
    private func kind(_ value: String) -> String {
        let inner = value.hasPrefix("[") ? String(value.dropFirst().dropLast().prefix { $0 != "," }) : value
        let prefix = value.hasPrefix("[") ? "array of " : ""
        if inner.hasPrefix("\"") { return prefix + "string" }
        if Int(inner) != nil { return prefix + "integer" }
        return prefix + (inner == "true" || inner == "false" ? "boolean" : inner)
    }

    static let ranges: [(key: String, good: [String], bad: [String])] = [
        ("row_group_start", ["0", "4294967295"], ["-1", "4294967296", "9223372036854775807"]),
        ("row_group_end", ["0", "4294967295"], ["-1", "4294967296"]),
        ("start_byte", ["0", "9223372036854775807"], ["-1", "99999999999999999999"]),
        ("end_byte", ["0", "9223372036854775807"], ["-1", "-9223372036854775808"]),
        ("limit", ["0", "9223372036854775807"], ["-1", "1e3", "1.0"]),
        ("projected_field_ids", ["[-2147483648,2147483647]"], ["[2147483648]", "[-2147483649]"]),
        ("file_sizes_bytes", ["[0,9223372036854775807]"], ["[-1]", "[1,-1]"]),
        ("predicate_proto", ["[]", "[0,255]"], ["[256]", "[-1]"]),
    ]

    @Test(arguments: ranges.indices)
    func numbersAreHeldToTheirRange(_ index: Int) {
        let (key, good, bad) = Self.ranges[index]
        for value in good { #expect(fault(Ticket.seed.setting([key: value])) == nil, "\(key): \(value)") }
        for value in bad {
            #expect(text(Ticket.seed.setting([key: value]))?.contains("`\(key)`") == true, "\(key): \(value)")
        }
    }

    @Test func aDuplicateIsNamed() {
        for key in ["limit", "s3_secret_key", "projected_columns"] {
            var ticket = Ticket.full
            ticket.members.append((key, #""hush""#))
            #expect(text(ticket)?.contains("duplicate") == true)
            #expect(text(ticket)?.contains("`\(key)`") == true)
            #expect(text(ticket)?.contains("hush") == false)
        }
    }

    @Test(arguments: [
        "", " ", "null", "1", "[]", #""x""#, "{", "{}x", "{\"a\":1,}", "\u{FEFF}{}", "{\"a\":\"\\ud800\"}",
    ])
    func whatIsNoJSONObjectIsMalformed(_ ticket: String) {
        #expect(throws: ScanTaskError.self) { try ScanTask(ticket: Array(ticket.utf8)) }
    }

    // MARK: Limits

    @Test func countsAreLimited() {
        func list(_ item: String, _ count: Int) -> String {
            "[" + Array(repeating: item, count: count).joined(separator: ",") + "]"
        }
        for (key, item) in [
            ("data_file_paths", #""s3://b/k""#), ("file_sizes_bytes", "1"), ("projected_columns", #""c""#),
            ("projected_field_ids", "1"),
        ] {
            #expect(fault(Ticket.seed.setting([key: list(item, 10_000)])) == nil)
            #expect(text(Ticket.seed.setting([key: list(item, 10_001)])) == "`\(key)`: more than 10000 entries")
        }
    }

    @Test func pathsAreLimited() {
        func ticket(_ prefix: String, _ byteCount: Int) -> Ticket {
            let path = prefix + String(repeating: "k", count: byteCount - prefix.utf8.count)
            return Ticket.seed.setting(["data_file_paths": "[\"\(path)\"]"])
        }
        for prefix in ["s3://bucket/", "file:///", "s3://b/\u{e9}"] {
            #expect(fault(ticket(prefix, 1024)) == nil)
            #expect(text(ticket(prefix, 1025))?.contains("`data_file_paths`") == true)
        }
    }

    @Test func nestingIsLimited() {
        func ticket(_ depth: Int) -> Ticket {
            Ticket.seed.setting([
                "x": String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            ])
        }
        #expect(fault(ticket(31)) == nil)
        #expect(fault(ticket(32)) != nil)
        #expect(fault(ticket(100_000)) != nil)
    }

    // MARK: Paths

    @Test(arguments: [
        ("s3://lake/a b/c=1/ü%20#?.parquet", "s3://lake/a b/c=1/ü%20#?.parquet"),
        ("s3a://lake/k", "s3://lake/k"), ("s3://My_Old.Bucket/k", "s3://My_Old.Bucket/k"),
        // Object names may begin with a slash or hold what looks like a way upwards.
        ("s3://lake//k", "s3://lake//k"), ("s3://lake/../k", "s3://lake/../k"),
    ])
    func objectPathsStayAsTheyAre(_ path: String, _ name: String) throws {
        let task = try ScanTask(ticket: Ticket.seed.setting(["data_file_paths": "[\"\(path)\"]"]).bytes)
        #expect(task.files.map(\.name) == [name])
    }

    @Test(arguments: [
        ("file:///data/x.parquet", "data/x.parquet"), ("file:////x", "x"), ("file:///a/../b", "a/../b"),
        ("file:///%2e%2e/x", "%2e%2e/x"),
    ])
    func filePathsLoseTheirFirstSlashes(_ path: String, _ local: String) throws {
        // That the path stays below the root is the kernel's business: see the tests of LocalRoot.
        let task = try ScanTask(ticket: Ticket.seed.setting(["data_file_paths": "[\"\(path)\"]"]).bytes)
        #expect(task.files == [.local(path: local)])
    }

    @Test(arguments: [
        "", "a", "/a", "s3:/b/k", "s3://", "s3://b", "s3://b/", "s3:///k", "s3://../k", "s3://a@b/k", "s3://b:1/k",
        #"s3://b/k\u0000"#, #"s3://b/k\n"#, "s3://b/\u{7f}", "S3://b/k", "gs://b/k", "http://b/k", "file://",
        "file:///",
        "file:////", "file://host/x", "file:x", #"file:///a\u0000b"#, #"file:///a\tb"#, "FILE:///a",
    ])
    func otherPathsAreRefusedWithoutRepeatingThem(_ path: String) {
        let message = text(Ticket.seed.setting(["data_file_paths": "[\"s3://lake/good\",\"\(path)\"]"]))
        #expect(message?.contains("data_file_paths") == true || message?.contains("NUL") == true)
        if path.count > 7 { #expect(message?.contains(path) == false) }
    }

    // MARK: Secrets

    @Test(arguments: [
        ["s3_access_key": #""""#], ["s3_access_key": #""a b""#], ["s3_access_key": #""a\r\nx: hush""#],
        ["s3_session_token": #""hush\n""#], ["s3_secret_key": #""""#],
    ])
    func unusableKeysAreRefusedWithoutRepeatingThem(_ values: [String: String]) {
        let message = text(Ticket.full.setting(values))
        #expect(message == "the keys cannot be used as given")
    }

    @Test func aTaskDoesNotShowItsSecrets() throws {
        let task = try ScanTask(ticket: Ticket.full.bytes)
        var dumped = ""
        dump(task, to: &dumped)
        for text in ["\(task)", String(reflecting: task), dumped] {
            #expect(!text.contains("hush"))
            #expect(!text.contains("AKIDEXAMPLE"))
        }
    }

    // MARK: Hostile bytes

    @Test func aTicketCutAnywhereIsMalformed() {
        let bytes = Ticket.full.bytes
        for count in 0..<bytes.count {
            #expect(throws: ScanTaskError.self) { try ScanTask(ticket: Array(bytes.prefix(count))) }
        }
    }

    /// Whatever becomes of the bytes, the answer is a task or an error, and no error repeats a secret.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func mutatedTicketsAreReadOrRefused(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let original = Ticket.full.bytes
        let fragments = [
            "null", "-1", "1e400", "{}", "[]", "\"", "\\u0000", "18446744073709551616", ",,", "{\"", "[[[[",
        ]
        for _ in 0..<2000 {
            var bytes = original
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.remove(at: place)
                case 3: bytes.insert(UInt8.random(in: 0x20...0x7e, using: &random), at: place)
                case 4: bytes.insert(contentsOf: Array(fragments.randomElement(using: &random)!.utf8), at: place)
                default:
                    let end = min(bytes.count, place + Int.random(in: 1..<60, using: &random))
                    bytes.insert(
                        contentsOf: Array(bytes[place..<end]), at: Int.random(in: 0..<bytes.count, using: &random))
                }
            }
            do throws(ScanTaskError) {
                let task = try ScanTask(ticket: bytes)
                #expect(task.fileByteCounts.count == task.files.count)
            } catch {
                #expect(!"\(error)".contains("hush-"), "seed \(seed): \(error)")
            }
        }
    }
}
