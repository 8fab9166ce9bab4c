import Bytes
import Glibc

/// The memory that one sendmsg names: the header and its gather list, reused from send to send.
@safe final class GatherList {
    let message: UnsafeMutablePointer<msghdr>
    private let entries: UnsafeMutablePointer<iovec>
    private var slices: [Slice] = []
    private(set) var byteCount = 0

    init() {
        unsafe message = .allocate(capacity: 1)
        unsafe message.initialize(to: msghdr())
        unsafe entries = .allocate(capacity: Socket.gatherLimit)
    }

    deinit {
        unsafe message.deallocate()
        unsafe entries.deallocate()
    }

    func load(_ slices: [Slice]) {
        precondition(slices.count <= Socket.gatherLimit)
        self.slices = slices
        byteCount = 0
        for (position, slice) in slices.enumerated() {
            unsafe entries[position] = iovec(iov_base: slice.base, iov_len: slice.count)
            byteCount += slice.count
        }
        unsafe message.pointee.msg_iov = unsafe entries
        unsafe message.pointee.msg_iovlen = slices.count
    }

    func unload() {
        slices.removeAll(keepingCapacity: true)
    }
}

extension msghdr {
    /// Drops the first `byteCount` bytes of the gather list; false when none are left.
    @unsafe mutating func consume(_ byteCount: Int) -> Bool {
        var left = byteCount
        while unsafe msg_iovlen > 0, let first = unsafe msg_iov {
            guard unsafe left < first.pointee.iov_len else {
                unsafe left -= first.pointee.iov_len
                unsafe msg_iov = first + 1
                unsafe msg_iovlen -= 1
                continue
            }
            unsafe first.pointee.iov_base += left
            unsafe first.pointee.iov_len -= left
            return true
        }
        return false
    }
}
