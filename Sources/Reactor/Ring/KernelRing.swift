import CUring
import Glibc

/// The ring over io_uring.
///
/// - Spec: io_uring(7); set-up, probing and submission by liburing behind `CUring`.
/// - Ownership: made and used on one thread, as SINGLE_ISSUER and DEFER_TASKRUN demand.
@safe final class KernelRing: Ring {
    private static let entryCount: UInt32 = 256
    private static let collectCount = 256

    let kind = RingKind.uring
    let socketFlags: Int32 = 0
    let sendsZeroCopy: Bool
    private(set) var systemCallCount: UInt64 = 0
    private let ring: OpaquePointer
    private let collected: UnsafeMutablePointer<cu_completion>

    /// - Throws: what the kernel says, such as EPERM where a container's seccomp profile denies io_uring.
    init() throws(KernelError) {
        var opened: OpaquePointer?
        let status = unsafe cu_ring_open(Self.entryCount, &opened)
        guard status == 0, let opened = unsafe opened else { throw KernelError(code: -status) }
        unsafe ring = opened
        sendsZeroCopy = unsafe cu_ring_sends_zero_copy(opened) != 0
        unsafe collected = .allocate(capacity: Self.collectCount)
    }

    deinit {
        unsafe cu_ring_close(ring)
        unsafe collected.deallocate()
    }

    func submit(_ submission: Submission, token: OperationToken) {
        let token = token.rawValue
        let status: Int32 =
            switch unsafe submission {
            case .accept(let descriptor):
                unsafe cu_ring_accept(ring, descriptor, token)
            case .connect(let descriptor, let address, let byteCount):
                unsafe cu_ring_connect(ring, descriptor, address, UInt32(byteCount), token)
            case .receive(let descriptor, let target, let byteCount, let fills):
                unsafe cu_ring_receive(ring, descriptor, target, byteCount, fills ? 1 : 0, token)
            case .send(let descriptor, let message):
                unsafe cu_ring_send(ring, descriptor, message, token)
            case .sendZeroCopy(let descriptor, let message):
                unsafe cu_ring_send_zero_copy(ring, descriptor, message, token)
            case .read(let descriptor, let target, let byteCount, let offset):
                unsafe cu_ring_read(ring, descriptor, target, byteCount, offset, token)
            case .readEvent(let descriptor, let target):
                unsafe cu_ring_read(ring, descriptor, target, 8, 0, token)
            case .open(let directory, let path, let how):
                unsafe cu_ring_open_beneath(ring, directory, path, how, token)
            }
        precondition(status == 0, "submission queue entry not to be had: \(status)")
    }

    func start() throws(KernelError) {
        _ = unsafe try KernelError.check(cu_ring_start(ring))
    }

    func cancel(_ token: OperationToken) {
        let status = unsafe cu_ring_cancel(ring, token.rawValue, OperationToken.ignored.rawValue)
        precondition(status == 0, "submission queue entry not to be had: \(status)")
    }

    func wait(timeoutNanoseconds: UInt64?, into completions: inout [Completion]) throws(KernelError) {
        let timeout = timeoutNanoseconds.map { Int64(clamping: $0) } ?? -1
        let count = unsafe cu_ring_wait(ring, timeout, collected, UInt32(Self.collectCount), &systemCallCount)
        for position in 0..<(try KernelError.check(count)) {
            completions.append(unsafe Completion(collected[position]))
        }
    }

    func close(_ descriptor: Int32) {
        systemCallCount += 1
        _ = Glibc.close(descriptor)
    }

    func now() -> UInt64 { MonotonicClock.now() }
}

extension Completion {
    fileprivate init(_ entry: cu_completion) {
        let token = OperationToken(rawValue: entry.token)
        if entry.isNotification != 0 {
            self.init(token: token, result: 0, stage: .notification(isCopied: entry.result != 0))
        } else {
            self.init(token: token, result: entry.result, stage: entry.hasMore != 0 ? .beforeNotification : .over)
        }
    }
}
