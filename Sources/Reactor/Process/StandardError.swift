import Glibc

/// The process's standard error.
public enum StandardError {
    /// Whether a human watches it.
    public static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes text with one system call; what cannot be written is lost.
    public static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
