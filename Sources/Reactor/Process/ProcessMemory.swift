import CUring
import Glibc

/// How much memory this process may use.
public enum ProcessMemory {
    /// Lets memory that is freed go back to the kernel.
    ///
    /// Why: the allocator keeps whatever lies below a block in use, and with its moving threshold even large blocks come
    /// to lie there; after many scans at once hundreds of megabytes would stay. What is needed again soon is kept by the
    /// pools, which know a limit.
    public static func returnFreedMemory() {
        cu_return_freed_memory(256 << 10)
    }

    /// Three quarters of the cgroup's limit or, without one, of the machine's memory.
    ///
    /// - Spec: cgroup v2 `memory.max`, cgroup v1 `memory.limit_in_bytes`.
    public static func defaultByteCount() -> Int {
        let machine = max(sysconf(Int32(_SC_PHYS_PAGES)), 1) * max(sysconf(Int32(_SC_PAGESIZE)), 1)
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        let granted = limits.compactMap { SmallFile.text($0).flatMap(limit(fromText:)) }
        return min(machine, granted.min() ?? machine) / 4 * 3
    }

    /// Reads a number of bytes; nil for "max".
    static func limit(fromText text: String) -> Int? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let number = Int(words[0]), number > 0 else { return nil }
        return number
    }
}
