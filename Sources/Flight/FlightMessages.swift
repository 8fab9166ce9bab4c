import Bytes

/// What a DoGet asks for; the bytes mean something to the service only.
///
/// - Spec: `Flight.proto`, message `Ticket`.
public struct Ticket: Hashable, Sendable {
    /// Exactly as received: a signature covers them.
    public var bytes: [UInt8]

    /// A ticket.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads one message of a DoGet request.
    public static func decode(_ message: [UInt8]) throws(FlightError) -> Ticket {
        Ticket(bytes: try lengthDelimitedFields(message, wanted: 1...1)[0])
    }

    /// The message of a DoGet request.
    public func encode() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.field(1, bytes)
        return writer.bytes
    }
}

/// A request to do something by name.
///
/// - Spec: `Flight.proto`, message `Action`.
public struct Action: Hashable, Sendable {
    /// The name.
    public var type: String
    /// What the action works on.
    public var body: [UInt8]

    /// An action.
    public init(type: String, body: [UInt8] = []) {
        self.type = type
        self.body = body
    }

    /// Reads one message of a DoAction request.
    public static func decode(_ message: [UInt8]) throws(FlightError) -> Action {
        let fields = try lengthDelimitedFields(message, wanted: 1...2)
        return Action(type: try text(fields[0], field: 1), body: fields[1])
    }

    /// The message of a DoAction request.
    public func encode() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.field(1, type.utf8)
        writer.field(2, body)
        return writer.bytes
    }
}

/// One answer of an action.
///
/// - Spec: `Flight.proto`, message `Result`.
public struct ActionResult: Hashable, Sendable {
    /// What the action gave.
    public var body: [UInt8]

    /// A result.
    public init(body: [UInt8]) {
        self.body = body
    }

    /// Reads one message of a DoAction response.
    public static func decode(_ message: [UInt8]) throws(FlightError) -> ActionResult {
        ActionResult(body: try lengthDelimitedFields(message, wanted: 1...1)[0])
    }

    /// One message of a DoAction response.
    public func encode() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.field(1, body)
        return writer.bytes
    }
}

/// A name and what it does, for those who ask which actions there are.
///
/// - Spec: `Flight.proto`, message `ActionType`.
public struct ActionType: Hashable, Sendable {
    /// The name to call it by.
    public var type: String
    /// For humans.
    public var description: String

    /// An action type.
    public init(type: String, description: String) {
        self.type = type
        self.description = description
    }

    /// Reads one message of a ListActions response.
    public static func decode(_ message: [UInt8]) throws(FlightError) -> ActionType {
        let fields = try lengthDelimitedFields(message, wanted: 1...2)
        return ActionType(type: try text(fields[0], field: 1), description: try text(fields[1], field: 2))
    }

    /// One message of a ListActions response.
    public func encode() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.field(1, type.utf8)
        writer.field(2, description.utf8)
        return writer.bytes
    }
}

/// The contents of the wanted fields, empty where absent; of a repeated one the last. Other fields are passed over.
func lengthDelimitedFields(_ message: [UInt8], wanted: ClosedRange<Int>) throws(FlightError) -> [[UInt8]] {
    var contents = [[UInt8]](repeating: [], count: wanted.count)
    var fields = ProtobufFields(message.rawSpan)
    while let field = try fields.next() {
        guard wanted.contains(field.number) else { continue }
        guard case .bytes(let range) = field.value else { throw .wrongWireType(field: field.number) }
        contents[field.number - wanted.lowerBound] = Array(message[range])
    }
    return contents
}

private func text(_ bytes: [UInt8], field: Int) throws(FlightError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText(field: field) }
    return text
}
