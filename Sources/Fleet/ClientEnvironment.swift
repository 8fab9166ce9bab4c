import Reactor

/// Version of this client.
public let clientVersion = "0.1.0"

/// The environment of this process.
public enum ClientEnvironment {
    /// All variables by name.
    public static func all() -> [String: String] { ProcessEnvironment.all() }
}
