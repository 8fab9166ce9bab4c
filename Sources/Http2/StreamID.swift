/// The number of one stream on its connection.
///
/// - Spec: RFC 9113 section 5.1.1; odd numbers are opened by the client.
public struct StreamID: Hashable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: Int32

    /// The stream with this number.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// For logs.
    public var description: String { "stream \(rawValue)" }
}
