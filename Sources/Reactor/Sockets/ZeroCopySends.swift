/// Sends that were to leave from where their bytes lay, by what the kernel's notification said.
public struct ZeroCopySends: Sendable {
    /// The network read the bytes where they lay.
    public private(set) var uncopiedCount = 0
    /// The kernel copied at least a part after all, or nothing was sent.
    public private(set) var copiedCount = 0

    public init() {}

    mutating func count(isCopied: Bool) {
        if isCopied { copiedCount += 1 } else { uncopiedCount += 1 }
    }
}
