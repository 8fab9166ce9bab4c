public import Bytes
import CUring
import Glibc

/// A directory whose regular files may be read, and nothing outside it.
///
/// - Spec: openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS: the kernel refuses `..`, links and absolute paths that
///   lead out, whatever the path looks like.
public final class LocalRoot: Sendable {
    private let directory: Int32

    /// - Throws: when the directory cannot be opened.
    public init(path: String) throws(KernelError) {
        directory = try KernelError.checkErrno(unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    }

    deinit {
        Glibc.close(directory)
    }

    /// Opens a file for reading.
    ///
    /// - Throws: `.notFound`, or what else the kernel says; EINVAL for anything but a regular file.
    public func open(_ path: String, on loop: EventLoop) async throws(KernelError) -> LocalFile {
        guard !path.utf8.contains(0) else { throw KernelError(code: EINVAL) }
        let request = OpenRequest(path: path)
        let result = unsafe await loop.perform(
            keepsAlive: request, .open(directory: directory, path: request.path, how: request.how))
        let descriptor = Int32(try KernelError.check(result))
        var byteCount: UInt64 = 0
        let isRegular = unsafe cu_regular_file_size(descriptor, &byteCount)
        guard isRegular == 1 else {
            loop.close(descriptor)
            throw KernelError(code: isRegular < 0 ? -isRegular : EINVAL)
        }
        return LocalFile(loop: loop, descriptor: descriptor, byteCount: byteCount)
    }
}

/// An open regular file on one core.
public final class LocalFile {
    private let loop: EventLoop
    private let descriptor: Int32
    /// Size when it was opened.
    public let byteCount: UInt64

    init(loop: EventLoop, descriptor: Int32, byteCount: UInt64) {
        self.loop = loop
        self.descriptor = descriptor
        self.byteCount = byteCount
    }

    deinit {
        loop.close(descriptor)
    }

    /// Fills `target` from `offset` on; fewer bytes mean that the file ends there.
    public func read(into target: Slice, offset: UInt64) async throws(KernelError) -> Int {
        var done = 0
        while done < target.count {
            let count = try await loop.read(
                descriptor, into: target.extracting(done..<target.count), offset: offset + UInt64(done))
            if count == 0 { break }
            done += count
        }
        return done
    }
}

/// The memory that openat2 reads.
@safe private final class OpenRequest {
    let path: UnsafeMutablePointer<CChar>
    let how: UnsafeMutablePointer<cu_open_how>

    init(path: String) {
        guard let copy = unsafe strdup(path) else { preconditionFailure("out of memory") }
        unsafe self.path = unsafe copy
        unsafe how = .allocate(capacity: 1)
        unsafe how.initialize(to: cu_open_how_beneath())
    }

    deinit {
        unsafe free(path)
        unsafe how.deallocate()
    }
}
