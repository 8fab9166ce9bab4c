/// The members of a ticket as JSON texts, so that a test can change or leave out any of them.
struct Ticket {
    /// Only what every coordinator sends.
    static let seed = Ticket(members: [
        ("fragment_id", #""0190-f""#), ("data_file_paths", #"["s3://lake/a.parquet","s3://lake/b.parquet"]"#),
        ("projected_columns", #"["x","y"]"#), ("s3_endpoint", #""http://127.0.0.1:9000""#),
        ("s3_region", #""eu-west-1""#), ("s3_access_key", #""AKIDEXAMPLE""#), ("s3_secret_key", #""hush-hush""#),
        ("s3_path_style", "true"),
    ])

    /// Every member there is.
    static let full = seed.setting([
        "version": "2", "morsel_id": #""s3://lake/a.parquet#b0-10""#, "file_sizes_bytes": "[1000]",
        "row_group_start": "1", "row_group_end": "3", "start_byte": "4", "end_byte": "5000000000",
        "projected_field_ids": "[1,-2]", "s3_session_token": #""hush-token""#, "s3_allow_http": "false",
        "predicate_proto": "[0,255]", "limit": "7",
    ])

    var members: [(key: String, value: String)]

    /// With other values; a key that was not there is added.
    func setting(_ values: [String: String]) -> Ticket {
        var changed = self
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            if let index = changed.members.firstIndex(where: { $0.key == key }) {
                changed.members[index].value = value
            } else {
                changed.members.append((key, value))
            }
        }
        return changed
    }

    func removing(_ key: String) -> Ticket {
        Ticket(members: members.filter { $0.key != key })
    }

    var text: String { "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}" }
    var bytes: [UInt8] { Array(text.utf8) }
}
