import Bytes
import CoreHarness
import Glibc
import Reactor
import Testing

@Suite("Local root")
struct LocalRootTests {
    /// A directory with `inside/data`, a link out of it, and a secret beside it.
    private func makeTree() throws -> String {
        var template = Array("/tmp/local-root-XXXXXX".utf8CString)
        let base = unsafe String(cString: try #require(mkdtemp(&template)))
        unsafe mkdir(base + "/tree", 0o700)
        unsafe mkdir(base + "/tree/inside", 0o700)
        for (path, text) in [("/tree/inside/data", "0123456789"), ("/secret", "secret")] {
            let descriptor = unsafe open(base + path, O_CREAT | O_WRONLY, 0o600)
            unsafe write(descriptor, text, text.utf8.count)
            close(descriptor)
        }
        unsafe symlink("../secret", base + "/tree/link")
        return base
    }

    @Test(arguments: RingKind.allCases)
    func readsRangesAndRefusesToLeave(_ kind: RingKind) async throws {
        let base = try makeTree()
        let (bytes, size, refusals) = try await onCore(kind) { loop in
            let root = try LocalRoot(path: base + "/tree")
            let file = try await root.open("inside/data", on: loop)
            let target = Block.allocate(capacity: 8).slice(0, count: 8)
            let count = try await file.read(into: target, offset: 4)
            var refusals: [String: Int32] = [:]
            for path in [
                "../secret", "link", "inside/../../secret", "/etc/passwd", "inside", "missing", "inside/data\0x",
            ] {
                do throws(KernelError) {
                    _ = try await root.open(path, on: loop)
                } catch {
                    refusals[path] = error.code
                }
            }
            return (Array(target.copiedBytes().prefix(count)), file.byteCount, refusals)
        }
        #expect(bytes == Array("456789".utf8))
        #expect(size == 10)
        #expect(refusals.count == 7)
        #expect(refusals["missing"] == ENOENT)
        #expect(refusals["../secret"] == EXDEV)
        #expect(refusals["/etc/passwd"] == EXDEV)
        #expect(refusals["link"] == ELOOP)
        #expect(refusals["inside"] == EINVAL)
    }
}
