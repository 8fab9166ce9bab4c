import Glibc

/// A system call's answer other than success.
///
/// - Spec: errno(3).
public struct KernelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The positive errno.
    public let code: Int32

    public init(code: Int32) {
        self.code = code
    }

    /// The operation was withdrawn by us.
    public static let cancelled = KernelError(code: ECANCELED)
    /// A timer of ours ran out first.
    public static let timedOut = KernelError(code: ETIMEDOUT)
    /// The path does not exist.
    public static let notFound = KernelError(code: ENOENT)

    public var description: String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    /// The value of a call that answers with a negative errno.
    static func check(_ result: Int32) throws(KernelError) -> Int {
        guard result >= 0 else { throw KernelError(code: -result) }
        return Int(result)
    }

    /// The value of a call that answers -1 and sets errno.
    static func checkErrno(_ result: Int32) throws(KernelError) -> Int32 {
        guard result >= 0 else { throw KernelError(code: errno) }
        return result
    }
}
