import Glibc

/// The process's standard output.
public enum StandardOutput {
    /// Writes one line with one system call, so that lines of several cores do not mix.
    public static func writeLine(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
