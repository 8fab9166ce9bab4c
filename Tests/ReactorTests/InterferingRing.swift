import CUring
import Glibc

@testable import Reactor

/// A ring of the kernel's whose sends without copying go as a test wants.
@safe final class InterferingRing: Ring {
    enum Interference: Sendable {
        /// The send fails with this error; `notifies` says whether a notification follows, as after most failures.
        case refuse(code: Int32, notifies: Bool)
        /// The kernel gets so many entries of the gather list.
        case shorten(entryCount: Int)
        /// Every notification says that nothing was copied.
        case neverCopied
    }

    private let ring: KernelRing
    private let interference: Interference
    private var answers: [Completion] = []
    private var shortened: [UnsafeMutablePointer<msghdr>] = unsafe []

    init(_ interference: Interference) throws(KernelError) {
        ring = try KernelRing()
        self.interference = interference
    }

    deinit {
        unsafe shortened.forEach { unsafe $0.deallocate() }
    }

    var kind: RingKind { ring.kind }
    var socketFlags: Int32 { ring.socketFlags }
    var sendsZeroCopy: Bool { ring.sendsZeroCopy }
    var systemCallCount: UInt64 { ring.systemCallCount }

    func submit(_ submission: Submission, token: OperationToken) {
        guard case .sendZeroCopy(let descriptor, let message) = unsafe submission else {
            return unsafe ring.submit(submission, token: token)
        }
        switch interference {
        case .refuse(let code, let notifies):
            answers.append(Completion(token: token, result: -code, stage: notifies ? .beforeNotification : .over))
            if notifies {
                answers.append(Completion(token: token, result: 0, stage: .notification(isCopied: true)))
            }
        case .shorten(let entryCount):
            let part = UnsafeMutablePointer<msghdr>.allocate(capacity: 1)
            unsafe part.initialize(to: message.pointee)
            unsafe part.pointee.msg_iovlen = entryCount
            unsafe shortened.append(part)
            unsafe ring.submit(.sendZeroCopy(descriptor, message: part), token: token)
        case .neverCopied:
            unsafe ring.submit(submission, token: token)
        }
    }

    func start() throws(KernelError) { try ring.start() }

    func cancel(_ token: OperationToken) { ring.cancel(token) }

    func wait(timeoutNanoseconds: UInt64?, into completions: inout [Completion]) throws(KernelError) {
        try ring.wait(timeoutNanoseconds: answers.isEmpty ? timeoutNanoseconds : 0, into: &completions)
        completions += answers
        answers.removeAll()
        guard case .neverCopied = interference else { return }
        for position in completions.indices {
            if case .notification = completions[position].stage {
                completions[position].stage = .notification(isCopied: false)
            }
        }
    }

    func close(_ descriptor: Int32) { ring.close(descriptor) }

    func now() -> UInt64 { ring.now() }
}

/// Runs async code on a core over such a ring.
func onCore<Result: Sendable>(
    _ interference: InterferingRing.Interference, _ body: @escaping @Sendable (EventLoop) async throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let thread = ThreadBody {
            do throws(KernelError) {
                try CoreActor.run(index: 0, ring: try InterferingRing(interference)) { core in
                    let loop = core.loop
                    loop.spawn {
                        do {
                            continuation.resume(returning: try await body(loop))
                        } catch {
                            continuation.resume(throwing: error)
                        }
                        loop.stop()
                    }
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        do throws(KernelError) {
            try thread.start(name: "core-0", processor: nil)
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
