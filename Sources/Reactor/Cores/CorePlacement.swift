import CUring
import Glibc

/// How many cores this process may use, and which.
public enum CorePlacement {
    /// Numbers of the processors that the affinity mask allows.
    public static func allowedProcessors() -> [Int] {
        var numbers = [Int32](repeating: 0, count: 1024)
        let count = unsafe numbers.withUnsafeMutableBufferPointer { unsafe cu_allowed_cores($0.baseAddress, 1024) }
        return numbers.prefix(Int(min(count, 1024))).map(Int.init)
    }

    /// Cores to run by default: what the affinity mask allows, less where a cgroup quota allows less.
    public static func defaultCoreCount() -> Int {
        let allowed = max(1, allowedProcessors().count)
        guard let quota = cgroupQuota() else { return allowed }
        return max(1, min(allowed, Int(quota.rounded(.up))))
    }

    /// Processors' worth of time the cgroup grants, nil without a limit.
    ///
    /// - Spec: cgroup v2 `cpu.max`, cgroup v1 `cpu.cfs_quota_us` and `cpu.cfs_period_us`.
    static func cgroupQuota() -> Double? {
        if let text = SmallFile.text("/sys/fs/cgroup/cpu.max") { return quota(fromCPUMax: text) }
        guard let quota = SmallFile.text("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
            let period = SmallFile.text("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
        else { return nil }
        return self.quota(fromCPUMax: "\(quota) \(period)")
    }

    /// Reads "quota period" or "max period".
    static func quota(fromCPUMax text: String) -> Double? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), quota > 0, period > 0
        else { return nil }
        return quota / period
    }
}
