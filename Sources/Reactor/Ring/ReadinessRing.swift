import CUring
import Glibc

/// The ring over epoll, for kernels and containers that have no io_uring: readiness made to look like completions.
///
/// An operation is tried at once; one that would block waits for its descriptor's next edge. Reads of files have no
/// readiness and are done on the spot, so slow disks stall this ring where io_uring would not.
///
/// - Spec: epoll(7), edge triggered.
/// - Shape: at most one waiting operation for each descriptor and direction.
@safe final class ReadinessRing: Ring {
    private enum Direction {
        case inbound, outbound
    }

    @safe private struct Waiting {
        var token: OperationToken
        var submission: Submission
        /// Bytes moved by earlier tries.
        var progress: Int
    }

    private struct Descriptor {
        var inbound: Waiting?
        var outbound: Waiting?
    }

    let kind = RingKind.readiness
    let socketFlags = Int32(SOCK_NONBLOCK.rawValue)
    let sendsZeroCopy = false
    private(set) var systemCallCount: UInt64 = 0
    private let epoll: Int32
    private var descriptors: [Int32: Descriptor] = [:]
    private var completed: [Completion] = []
    private static let collectCount = 256
    private let collected: UnsafeMutablePointer<cu_readiness>

    init() throws(KernelError) {
        epoll = Int32(try KernelError.check(cu_epoll_open()))
        unsafe collected = .allocate(capacity: Self.collectCount)
    }

    deinit {
        _ = Glibc.close(epoll)
        unsafe collected.deallocate()
    }

    func submit(_ submission: Submission, token: OperationToken) {
        unsafe attempt(Waiting(token: token, submission: submission, progress: 0))
    }

    func start() {}

    func cancel(_ token: OperationToken) {
        for (number, entry) in descriptors {
            var result = -ECANCELED
            if let inbound = entry.inbound, inbound.token == token {
                descriptors[number]?.inbound = nil
                // What a receive has taken from the socket is nowhere else any more.
                if inbound.progress > 0 { result = Int32(inbound.progress) }
            } else if entry.outbound?.token == token {
                descriptors[number]?.outbound = nil
            } else {
                continue
            }
            completed.append(Completion(token: token, result: result))
            return
        }
    }

    func wait(timeoutNanoseconds: UInt64?, into completions: inout [Completion]) throws(KernelError) {
        let timeout = completed.isEmpty ? timeoutNanoseconds.map { Int64(clamping: $0) } ?? -1 : 0
        systemCallCount += 1
        let answer = unsafe cu_epoll_wait(epoll, timeout, collected, UInt32(Self.collectCount))
        for position in 0..<(try KernelError.check(answer)) {
            let ready = unsafe collected[position]
            if ready.readable != 0 { resume(ready.descriptor, .inbound) }
            if ready.writable != 0 { resume(ready.descriptor, .outbound) }
        }
        completions.append(contentsOf: completed)
        completed.removeAll(keepingCapacity: true)
    }

    func close(_ descriptor: Int32) {
        descriptors[descriptor] = nil
        systemCallCount += 1
        _ = Glibc.close(descriptor)
    }

    func now() -> UInt64 { MonotonicClock.now() }

    private func resume(_ number: Int32, _ direction: Direction) {
        switch direction {
        case .inbound:
            guard let waiting = descriptors[number]?.inbound else { return }
            descriptors[number]?.inbound = nil
            attempt(waiting)
        case .outbound:
            guard let waiting = descriptors[number]?.outbound else { return }
            descriptors[number]?.outbound = nil
            attempt(waiting)
        }
    }

    /// Runs an operation as far as it goes without blocking.
    private func attempt(_ waiting: Waiting) {
        var waiting = waiting
        let token = waiting.token
        switch unsafe waiting.submission {
        case .accept(let descriptor):
            let accepted = call { cu_accept(descriptor, socketFlags) }
            finishOrWait(waiting, descriptor, .inbound, result: accepted)
        case .connect(let descriptor, let address, let byteCount):
            finishOrWait(
                waiting, descriptor, .outbound,
                result: unsafe connect(descriptor, address, byteCount, again: waiting.progress > 0), progress: 1)
        case .receive(let descriptor, let target, let byteCount, let fills):
            while true {
                let count = call {
                    unsafe recv(descriptor, target + waiting.progress, byteCount - waiting.progress, 0)
                }
                guard count > 0 else {
                    // An end or an error after some bytes: hand those over first, the next call meets it again.
                    let known = count != -EAGAIN && waiting.progress > 0 ? Int32(waiting.progress) : count
                    return finishOrWait(waiting, descriptor, .inbound, result: known, progress: waiting.progress)
                }
                waiting.progress += Int(count)
                if !fills || waiting.progress == byteCount {
                    return completed.append(Completion(token: token, result: Int32(waiting.progress)))
                }
            }
        case .send(let descriptor, let message):
            while true {
                let count = call { unsafe sendmsg(descriptor, message, Int32(MSG_NOSIGNAL)) }
                guard count >= 0 else {
                    return finishOrWait(waiting, descriptor, .outbound, result: count, progress: waiting.progress)
                }
                waiting.progress += Int(count)
                if unsafe !message.pointee.consume(Int(count)) {
                    return completed.append(Completion(token: token, result: Int32(waiting.progress)))
                }
            }
        case .sendZeroCopy:
            preconditionFailure("a send without copying on a ring that has none")
        case .read(let descriptor, let target, let byteCount, let offset):
            let count = call { unsafe pread(descriptor, target, byteCount, off_t(offset)) }
            completed.append(Completion(token: token, result: count))
        case .readEvent(let descriptor, let target):
            finishOrWait(waiting, descriptor, .inbound, result: call { unsafe Glibc.read(descriptor, target, 8) })
        case .open(let directory, let path, let how):
            systemCallCount += 1
            completed.append(Completion(token: token, result: unsafe cu_open_beneath(directory, path, how)))
        }
    }

    private func finishOrWait(
        _ waiting: Waiting, _ descriptor: Int32, _ direction: Direction, result: Int32, progress: Int = 0
    ) {
        guard result == -EAGAIN else { return completed.append(Completion(token: waiting.token, result: result)) }
        var waiting = waiting
        waiting.progress = progress
        if descriptors[descriptor] == nil {
            systemCallCount += 1
            let status = cu_epoll_add(epoll, descriptor)
            guard status == 0 || status == -EEXIST else {
                return completed.append(Completion(token: waiting.token, result: status))
            }
            descriptors[descriptor] = Descriptor()
        }
        switch direction {
        case .inbound:
            precondition(descriptors[descriptor]?.inbound == nil, "two inbound operations on one descriptor")
            descriptors[descriptor]?.inbound = waiting
        case .outbound:
            precondition(descriptors[descriptor]?.outbound == nil, "two outbound operations on one descriptor")
            descriptors[descriptor]?.outbound = waiting
        }
    }

    @unsafe private func connect(_ descriptor: Int32, _ address: UnsafeRawPointer, _ byteCount: Int, again: Bool)
        -> Int32
    {
        guard again else {
            let status = call {
                unsafe Glibc.connect(descriptor, address.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
            }
            return status == -EINPROGRESS ? -EAGAIN : status
        }
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        let status = call { unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) }
        return status < 0 ? status : -failure
    }

    /// A call that answers -1 and sets errno, as one that answers with a negative errno.
    private func call(_ body: () -> some BinaryInteger) -> Int32 {
        while true {
            systemCallCount += 1
            let result = body()
            if result >= 0 { return Int32(clamping: result) }
            if errno != EINTR { return errno == EWOULDBLOCK ? -EAGAIN : -errno }
        }
    }
}
