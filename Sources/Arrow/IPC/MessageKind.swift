/// What an IPC message carries.
///
/// - Spec: `Message.fbs`, union `MessageHeader`.
public enum MessageKind: UInt8, Sendable {
    case schema = 1
    case dictionaryBatch = 2
    case recordBatch = 3
}

extension MessageKind {
    /// The name of the header's table.
    var tableName: String {
        switch self {
        case .schema: "Schema"
        case .dictionaryBatch: "DictionaryBatch"
        case .recordBatch: "RecordBatch"
        }
    }
}

/// - Spec: `Schema.fbs`, enum `MetadataVersion`: V5.
let metadataVersion: Int16 = 4
