import Glibc

/// Small files that are read once at start, before any loop runs: configuration, cgroup limits.
public enum SmallFile {
    /// The whole content.
    ///
    /// - Throws: the kernel's error; EFBIG for more than `byteLimit` bytes.
    public static func read(_ path: String, byteLimit: Int = 1 << 20) throws(KernelError) -> [UInt8] {
        let descriptor = try KernelError.checkErrno(unsafe open(path, O_RDONLY | O_CLOEXEC))
        defer { close(descriptor) }
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw KernelError(code: errno) }
            guard count > 0 else { return content }
            content += piece.prefix(count)
            guard content.count <= byteLimit else { throw KernelError(code: EFBIG) }
        }
    }

    /// The whole content as text; nil for a file that is missing or cannot be read.
    static func text(_ path: String) -> String? {
        (try? read(path)).map { String(decoding: $0, as: UTF8.self) }
    }
}
