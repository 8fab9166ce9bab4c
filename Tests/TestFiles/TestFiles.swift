import Glibc

/// Files that tests read: those of the project itself and samples beside it.
package enum TestFiles {
    /// The project's folder.
    package static let project: String = {
        // From Tests/TestFiles/TestFiles.swift three steps up.
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/")
    }()

    /// The whole file; nil when it cannot be read.
    package static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { return nil }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// How large a file is; nil when there is none.
    package static func byteCount(_ path: String) -> Int? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_size : nil
    }

    /// A variable of the environment.
    package static func environment(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// What lies in a folder, sorted by name; empty when there is none. Links are left out.
    package static func entries(_ path: String) -> [(name: String, isFolder: Bool)] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var entries: [(name: String, isFolder: Bool)] = []
        while let entry = unsafe readdir(folder) {
            let kind = Int(unsafe entry.pointee.d_type)
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            guard name != ".", name != "..", kind == Int(DT_DIR) || kind == Int(DT_REG) else { continue }
            entries.append((name, kind == Int(DT_DIR)))
        }
        return entries.sorted { $0.name < $1.name }
    }

    /// All files below a folder, as paths from there.
    ///
    /// - Parameter isLeftOut: says of a name whether it is passed over, with everything in it.
    package static func tree(_ path: String, leavingOut isLeftOut: (String) -> Bool = { _ in false }) -> [String] {
        entries(path).filter { !isLeftOut($0.name) }.flatMap { entry in
            guard entry.isFolder else { return [entry.name] }
            return tree(path + "/" + entry.name, leavingOut: isLeftOut).map { entry.name + "/" + $0 }
        }
    }

    /// Whether a name fits a shell pattern.
    package static func matches(_ name: String, pattern: String) -> Bool {
        unsafe fnmatch(pattern, name, 0) == 0
    }
}
