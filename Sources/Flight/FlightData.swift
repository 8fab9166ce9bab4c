public import Bytes
import Grpc

/// One message of a data stream: Arrow IPC metadata and the body it describes.
///
/// - Spec: `Flight.proto`, message `FlightData`; the body is its last field, so that it can be sent from where it lies.
public struct FlightData: Sendable {
    private static let headerField = 2
    private static let applicationMetadataField = 3
    private static let bodyField = 1000

    /// The flatbuffer `Message`, without the IPC stream's length prefix.
    public var header: [UInt8]
    /// Of the service; not used by ours.
    public var applicationMetadata: [UInt8]
    /// The buffers; aligned memory. Empty for a schema.
    public var body: Slice

    /// Everything before the body: gRPC prefix, metadata field, tag and length of the body. The whole message is this
    /// slice, then `bodyByteCount` bytes; without a body it is this slice alone.
    ///
    /// - Precondition: the message is shorter than 4 GiB.
    public static func head(ipcMetadata: [UInt8], bodyByteCount: Int) -> Slice {
        var fields = ProtobufWriter()
        fields.field(headerField, ipcMetadata)
        if bodyByteCount > 0 { fields.openField(bodyField, byteCount: bodyByteCount) }
        let prefix = MessageFrame.prefix(messageByteCount: fields.bytes.count + bodyByteCount)
        return Slice(copying: prefix + fields.bytes)
    }

    /// Length of the whole message without the gRPC prefix: what a client compares with its limit.
    public static func messageByteCount(ipcMetadataByteCount: Int, bodyByteCount: Int) -> Int {
        var fields = ProtobufWriter()
        if ipcMetadataByteCount > 0 { fields.openField(headerField, byteCount: ipcMetadataByteCount) }
        if bodyByteCount > 0 { fields.openField(bodyField, byteCount: bodyByteCount) }
        return fields.bytes.count + ipcMetadataByteCount + bodyByteCount
    }

    /// Reads one message of a data stream.
    ///
    /// - Cost: copies the body once, into aligned memory.
    public static func decode(_ message: [UInt8]) throws(FlightError) -> FlightData {
        var data = FlightData(header: [], applicationMetadata: [], body: Slice(copying: []))
        var fields = ProtobufFields(message.rawSpan)
        while let field = try fields.next() {
            guard [headerField, applicationMetadataField, bodyField].contains(field.number) else { continue }
            guard case .bytes(let range) = field.value else { throw .wrongWireType(field: field.number) }
            switch field.number {
            case headerField: data.header = Array(message[range])
            case bodyField:
                let block = Block.copying(message.rawSpan.extracting(range))
                data.body = Slice(block, offset: 0, count: range.count)
            default: data.applicationMetadata = Array(message[range])
            }
        }
        return data
    }
}
