public import Bytes
import Glibc

/// A file that appears whole under its name, or not at all.
///
/// Bytes go to a file of another name beside it, which takes the name at the end. A target that is no regular file, such as
/// `/dev/null` or a pipe, is written to directly.
///
/// - Ownership: without ``commit()`` the partial file goes with ``discard()`` or with the last reference.
/// - Cost: each call blocks in the kernel; meant for a client whose only work this is.
public final class OutputFile {
    /// Most entries of one gather list.
    private static let gatherLimit = 1024

    private let path: String
    /// Nil when the target is written to directly.
    private let partialPath: String?
    private var descriptor: Int32

    /// - Throws: when the file cannot be made, for example in a directory that does not exist.
    public init(path: String) throws(KernelError) {
        guard !path.utf8.contains(0) else { throw KernelError(code: EINVAL) }
        self.path = path
        if Self.isSpecial(path) {
            partialPath = nil
            descriptor = try KernelError.checkErrno(unsafe open(path, O_WRONLY | O_CLOEXEC))
        } else {
            let partial = "\(path).partial-\(getpid())"
            partialPath = partial
            // A link or a file that someone else put there is not followed and not reused.
            descriptor = try KernelError.checkErrno(
                unsafe open(partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644))
        }
    }

    deinit {
        discard()
    }

    /// Writes all slices in order.
    ///
    /// - Throws: ENOSPC and its like; the file should then be discarded.
    public func append(_ slices: [Slice]) throws(KernelError) {
        guard descriptor >= 0 else { throw .cancelled }
        var waiting = slices[...]
        while let first = waiting.first {
            guard first.count > 0 else {
                waiting = waiting.dropFirst()
                continue
            }
            var entries: [iovec] = unsafe []
            for slice in waiting.prefix(Self.gatherLimit) {
                unsafe entries.append(iovec(iov_base: slice.base, iov_len: slice.count))
            }
            let written = unsafe writev(descriptor, entries, Int32(entries.count))
            guard written >= 0 || errno == EINTR else { throw KernelError(code: errno) }
            waiting = Self.rest(of: waiting, after: max(written, 0))
        }
    }

    /// Gives the file its name; nothing can be appended afterwards.
    public func commit() throws(KernelError) {
        guard descriptor >= 0 else { throw .cancelled }
        let closed = Glibc.close(descriptor)
        let code = errno
        descriptor = -1
        guard let partialPath else { return }
        guard closed == 0 else {
            _ = unsafe unlink(partialPath)
            throw KernelError(code: code)
        }
        do throws(KernelError) {
            _ = try KernelError.checkErrno(unsafe rename(partialPath, path))
        } catch {
            _ = unsafe unlink(partialPath)
            throw error
        }
    }

    /// Removes what was written; does nothing after ``commit()``.
    public func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        if let partialPath { _ = unsafe unlink(partialPath) }
    }

    private static func rest(of slices: ArraySlice<Slice>, after byteCount: Int) -> ArraySlice<Slice> {
        var slices = slices
        var left = byteCount
        while left > 0, let first = slices.first {
            slices = slices.dropFirst()
            if first.count > left { slices = [first.extracting(left..<first.count)] + slices }
            left -= min(left, first.count)
        }
        return slices
    }

    /// Whether something other than a regular file has this name; a rename would replace it.
    private static func isSpecial(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT != S_IFREG
    }
}
