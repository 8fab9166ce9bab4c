import Json
import S3

/// What a `DoGet` asks for: which files, which part of them, which columns, with which keys.
///
/// - Spec: `docs/scan-task.md`. Unknown keys are ignored.
struct ScanTask {
    /// Where the bytes of one data file are.
    enum DataFile: Equatable {
        case object(ObjectLocation)
        /// Below the local root; without a leading slash.
        case local(path: String)
    }

    /// How to reach the object store; the secrets are in a type that never prints them.
    struct Store {
        var endpoint: String
        var region: String
        var credentials: Credentials
        var allowsHTTP: Bool
        /// Whether buckets may be addressed by host.
        var prefersVirtualHosts: Bool
    }

    /// Upper bounds of a ticket.
    enum Limits {
        static let fileCount = 10_000
        static let pathByteCount = 1024
        static let columnCount = 10_000
    }

    static let supportedVersions = 1...2

    var fragmentID: String
    var files: [DataFile]
    /// Parallel to `files`; nil where the coordinator did not say.
    var fileByteCounts: [UInt64?]
    /// Inclusive and exclusive row group bounds.
    var rowGroupStart: Int?
    var rowGroupEnd: Int?
    /// Inclusive and exclusive bounds of the row groups' first bytes.
    var startByte: UInt64?
    var endByte: UInt64?
    /// Top-level columns in the wanted order; empty for all.
    var columns: [String]
    /// Parallel to `columns`, or empty.
    var fieldIDs: [Int32]
    var store: Store
    /// Rows after which the scan may stop.
    var limit: UInt64?
}

/// What is wrong with a ticket.
enum ScanTaskError: Error, Equatable {
    /// The field and what is wrong with it, never its value.
    case malformed(String)
    case unsupportedVersion(Int64)
}

extension ScanTask {
    /// Reads a ticket.
    init(ticket: [UInt8]) throws(ScanTaskError) {
        let root: JSONNode
        do throws(JSONError) {
            root = try JSONDocument(parsing: ticket).root
        } catch {
            throw .malformed(error.description)
        }
        guard root.kind == .object else { throw .malformed("the ticket is not an object") }
        let fields = TicketFields(root: root)

        let version = try fields.integer("version") ?? 1
        guard Self.supportedVersions.contains(Int(clamping: version)) else { throw .unsupportedVersion(version) }
        fragmentID = try fields.requiredString("fragment_id")
        let paths = try fields.strings("data_file_paths", limit: Limits.fileCount)
        guard let paths else { throw .malformed("missing field `data_file_paths`") }
        var files: [DataFile] = []
        for path in paths { files.append(try Self.dataFile(path)) }
        self.files = files
        let sizes = try fields.unsignedIntegers("file_sizes_bytes", limit: Limits.fileCount)
        fileByteCounts = files.indices.map { $0 < sizes.count ? sizes[$0] : nil }
        rowGroupStart = try fields.unsigned("row_group_start", upTo: UInt64(UInt32.max)).map(Int.init(clamping:))
        rowGroupEnd = try fields.unsigned("row_group_end", upTo: UInt64(UInt32.max)).map(Int.init(clamping:))
        startByte = try fields.unsigned("start_byte")
        endByte = try fields.unsigned("end_byte")
        guard let columns = try fields.strings("projected_columns", limit: Limits.columnCount) else {
            throw .malformed("missing field `projected_columns`")
        }
        self.columns = columns
        fieldIDs = try fields.fieldIDs("projected_field_ids")
        limit = try fields.unsigned("limit")
        // A predicate is an optimisation that the coordinator repeats; it must only be what it claims to be.
        guard try fields.unsignedIntegers("predicate_proto", limit: .max).allSatisfy({ $0 <= 255 }) else {
            throw .malformed("`predicate_proto`: expected bytes")
        }

        let endpoint = try fields.requiredString("s3_endpoint")
        let token = try fields.string("s3_session_token") ?? ""
        guard let isPathStyle = try fields.boolean("s3_path_style") else {
            throw .malformed("missing field `s3_path_style`")
        }
        let accessKey = try fields.requiredString("s3_access_key")
        let secretKey = try fields.requiredString("s3_secret_key")
        let credentials = try TicketFields.credentials(accessKey, secretKey, token)
        store = Store(
            endpoint: endpoint, region: try fields.requiredString("s3_region"), credentials: credentials,
            allowsHTTP: try fields.boolean("s3_allow_http") ?? endpoint.lowercased().hasPrefix("http://"),
            prefersVirtualHosts: !isPathStyle)
    }

    private static func dataFile(_ path: String) throws(ScanTaskError) -> DataFile {
        guard path.utf8.count <= Limits.pathByteCount else {
            throw .malformed("`data_file_paths`: a path is longer than \(Limits.pathByteCount) bytes")
        }
        let scheme = "file://"
        if path.hasPrefix(scheme) {
            let rest = path.dropFirst(scheme.count)
            let local = rest.drop { $0 == "/" }
            guard rest.first == "/", !local.isEmpty,
                !local.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f })
            else {
                throw .malformed("`data_file_paths`: not a usable file path")
            }
            return .local(path: String(local))
        }
        do throws(S3Error) {
            return .object(try ObjectLocation.parse(path))
        } catch {
            throw .malformed("`data_file_paths`: not an s3:// location")
        }
    }
}

/// Typed reads of the members of a ticket, or of another message from the coordinator. Null counts as absent.
struct TicketFields {
    let root: JSONNode

    /// Keys as a message has them; an empty token is none.
    static func credentials(
        _ accessKey: String, _ secretKey: String, _ token: String
    ) throws(ScanTaskError) -> Credentials {
        do throws(S3Error) {
            return try Credentials(accessKey: accessKey, secretKey: secretKey, sessionToken: token)
        } catch { throw .malformed("the keys cannot be used as given") }
    }

    private func member(_ key: String) -> JSONNode? {
        guard let node = root[key], node.kind != .null else { return nil }
        return node
    }

    func string(_ key: String) throws(ScanTaskError) -> String? {
        guard let node = member(key) else { return nil }
        guard let text = node.string else {
            throw .malformed("`\(key)`: expected a string, found \(node.kind.rawValue)")
        }
        return text
    }

    func requiredString(_ key: String) throws(ScanTaskError) -> String {
        guard let text = try string(key) else { throw .malformed("missing field `\(key)`") }
        return text
    }

    func boolean(_ key: String) throws(ScanTaskError) -> Bool? {
        guard let node = member(key) else { return nil }
        guard let flag = node.boolean else {
            throw .malformed("`\(key)`: expected a boolean, found \(node.kind.rawValue)")
        }
        return flag
    }

    func integer(_ key: String) throws(ScanTaskError) -> Int64? {
        guard let node = member(key) else { return nil }
        guard let number = node.integer else {
            throw .malformed("`\(key)`: expected an integer, found \(node.kind.rawValue)")
        }
        return number
    }

    func unsigned(_ key: String, upTo limit: UInt64 = .max) throws(ScanTaskError) -> UInt64? {
        guard let number = try integer(key) else { return nil }
        guard let value = UInt64(exactly: number), value <= limit else { throw .malformed("`\(key)`: out of range") }
        return value
    }

    private func elements(_ key: String, limit: Int) throws(ScanTaskError) -> [JSONNode]? {
        guard let node = member(key) else { return nil }
        guard let elements = node.elements else {
            throw .malformed("`\(key)`: expected an array, found \(node.kind.rawValue)")
        }
        guard elements.count <= limit else { throw .malformed("`\(key)`: more than \(limit) entries") }
        return elements
    }

    func strings(_ key: String, limit: Int) throws(ScanTaskError) -> [String]? {
        guard let elements = try elements(key, limit: limit) else { return nil }
        var texts: [String] = []
        for element in elements {
            guard let text = element.string else {
                throw .malformed("`\(key)`: expected strings, found \(element.kind.rawValue)")
            }
            texts.append(text)
        }
        return texts
    }

    func unsignedIntegers(_ key: String, limit: Int) throws(ScanTaskError) -> [UInt64] {
        var numbers: [UInt64] = []
        for element in try elements(key, limit: limit) ?? [] {
            guard let number = element.integer.flatMap(UInt64.init(exactly:)) else {
                throw .malformed("`\(key)`: expected unsigned integers")
            }
            numbers.append(number)
        }
        return numbers
    }

    func fieldIDs(_ key: String) throws(ScanTaskError) -> [Int32] {
        var numbers: [Int32] = []
        for element in try elements(key, limit: ScanTask.Limits.columnCount) ?? [] {
            guard let number = element.integer.flatMap(Int32.init(exactly:)) else {
                throw .malformed("`\(key)`: expected 32-bit integers")
            }
            numbers.append(number)
        }
        return numbers
    }
}
