import Bytes
import Glibc
import Testing

@testable import Reactor

@Suite("Output file")
struct OutputFileTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = "/tmp/output-file-tests-\(getpid())-\(UInt64.random(in: .min ... .max))"
        let made = unsafe mkdir(directory, 0o700)
        #expect(made == 0)
        defer {
            for name in names(directory) { _ = unsafe unlink("\(directory)/\(name)") }
            _ = unsafe rmdir(directory)
        }
        try body(directory)
    }

    private func names(_ directory: String) -> [String] {
        var names: [String] = []
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    @Test func appearsWholeWithItsName() throws {
        try withDirectory { directory in
            let path = directory + "/out"
            let file = try OutputFile(path: path)
            // More slices than one gather list takes, some of them empty.
            let parts = (0..<3000).map { [UInt8](repeating: UInt8($0 & 0xff), count: $0 % 7) }
            try file.append(parts.map { Slice(copying: $0) })
            try file.append([Slice(copying: [1, 2, 3])])
            #expect(names(directory).count == 1)
            #expect(names(directory) != ["out"])
            try file.commit()
            #expect(names(directory) == ["out"])
            #expect(try SmallFile.read(path) == parts.flatMap { $0 } + [1, 2, 3])
            #expect(throws: KernelError.cancelled) { try file.append([Slice(copying: [4])]) }
            file.discard()
            #expect(names(directory) == ["out"])
        }
    }

    @Test func leavesNothingWithoutCommit() throws {
        try withDirectory { directory in
            let path = directory + "/out"
            try OutputFile(path: path).append([Slice(copying: [1])])
            #expect(names(directory) == [])
            let file = try OutputFile(path: path)
            file.discard()
            #expect(names(directory) == [])
            #expect(throws: KernelError.cancelled) { try file.commit() }
        }
    }

    @Test func keepsWhatWasThereUntilTheEnd() throws {
        try withDirectory { directory in
            let path = directory + "/out"
            for content in [[1], [2, 2]] as [[UInt8]] {
                let file = try OutputFile(path: path)
                try file.append([Slice(copying: content)])
                if content == [2, 2] { #expect(try SmallFile.read(path) == [1]) }
                try file.commit()
                #expect(try SmallFile.read(path) == content)
            }
        }
    }

    @Test func writesToADeviceInPlace() throws {
        let file = try OutputFile(path: "/dev/null")
        try file.append([Slice(copying: [1])])
        try file.commit()
        var status = stat()
        let answer = unsafe stat("/dev/null", &status)
        #expect(answer == 0)
        #expect(status.st_mode & S_IFMT == S_IFCHR)
    }

    @Test func saysWhatTheKernelSays() {
        #expect(throws: KernelError.notFound) { try OutputFile(path: "/nonexistent-directory/out") }
        #expect(throws: KernelError(code: EINVAL)) { try OutputFile(path: "a\0b") }
    }
}
