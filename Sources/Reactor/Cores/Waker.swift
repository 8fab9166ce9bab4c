import CUring
import Glibc
import Synchronization

/// Wakes a core's loop from another thread.
///
/// - Spec: eventfd(2); the loop always has a read of it outstanding, on either ring.
/// - Cost: one system call, and none while an earlier wake has not been seen.
final class Waker: Sendable {
    let descriptor: Int32
    private let isAwake = Atomic(false)

    init(nonblocking: Bool) throws(KernelError) {
        descriptor = Int32(try KernelError.check(cu_eventfd_open(nonblocking ? 1 : 0)))
    }

    deinit {
        close(descriptor)
    }

    func wake() {
        guard !isAwake.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var one: UInt64 = 1
        let count = unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
        precondition(count == MemoryLayout<UInt64>.size)
    }

    /// Called by the loop before it looks at what it was woken for.
    func didWake() {
        isAwake.store(false, ordering: .sequentiallyConsistent)
    }
}
