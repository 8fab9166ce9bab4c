import Reactor
import Synchronization
import Tls

/// The authorities whose word is taken for who a store is: the system's, and those that the operator names.
///
/// Why not at start: most workers never need them, and they take some megabytes.
final class StoreTrust: Sendable {
    private let pem: [UInt8]
    private let loaded = Mutex<TrustAnchors?>(nil)

    /// - Parameter file: certificates of further authorities; nil for none.
    /// - Throws: when the file has none.
    /// - Cost: reads the file.
    init(file: String?) throws(ConfigurationError) {
        guard let file else {
            pem = []
            return
        }
        do throws(KernelError) {
            pem = try SmallFile.read(file)
        } catch { throw ConfigurationError(description: "storage.ca_file: \(file): \(error)") }
        guard !pem.isEmpty else { throw ConfigurationError(description: "storage.ca_file: \(file) is empty") }
        do throws(TlsError) {
            _ = try TrustAnchors(system: false, pem: pem)
        } catch { throw ConfigurationError(description: "storage.ca_file: \(file): \(error)") }
    }

    /// All of them.
    ///
    /// - Cost: the first call reads the system's, a few milliseconds.
    var anchors: TrustAnchors {
        loaded.withLock { loaded in
            if let loaded { return loaded }
            do throws(TlsError) {
                let anchors = try TrustAnchors(system: true, pem: pem)
                loaded = anchors
                return anchors
            } catch { preconditionFailure("authorities that could be read before: \(error)") }
        }
    }
}
