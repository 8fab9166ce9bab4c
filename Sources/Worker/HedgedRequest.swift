import Reactor
import S3

/// One request and, when its answer does not begin in the usual time, a copy of it on another connection.
///
/// The race is about the head of the answer only. Whichever copy's head comes first is handed the target, of which there is
/// one; the other is cancelled in that moment, and would not be given a place for its payload if its head still came.
/// A copy that fails before leaves it to the other, unless it was told the store's verdict on the request.
///
/// - Ownership: ends when both copies have, so nothing of it runs on behind the call.
final class HedgedRequest {
    private enum Copy {
        case first, second
    }

    private let shared: StoreReader.Shared
    private let state: EndpointState
    private let origin: Endpoint.Origin
    private let first = Cancellation()
    private let second = Cancellation()
    /// Nil once one of the two has it.
    private var target: RangeTarget?
    private var winner: Copy?
    /// What the first copy has sent, to the byte, and when.
    private var fetch: ObjectFetch?
    private var sentAt: UInt64 = 0
    private var timer: TimerID?
    private var firstFailure: StoreFailure?
    private var secondFailure: StoreFailure?
    private var isSecondUnderWay = false
    private var hasSecond = false
    private let change = Suspension()
    private var metrics: StoreMetrics { shared.metrics.stores.metrics(of: origin) }

    init(_ shared: StoreReader.Shared, state: EndpointState, to origin: Endpoint.Origin, into target: RangeTarget) {
        self.shared = shared
        self.state = state
        self.origin = origin
        self.target = target
    }

    /// Runs both copies, as ``StorePool/perform(to:cancellation:_:accept:)`` does one.
    func perform(
        cancellation: Cancellation, _ makeFetch: () throws(S3Error) -> ObjectFetch
    ) async throws(StoreFailure) {
        if cancellation.isCancelled { throw .cancelled }
        let registration = cancellation.register { [self] in
            first.cancel()
            second.cancel()
        }
        defer { cancellation.unregister(registration) }
        do throws(StoreFailure) {
            try await shared.pool.perform(to: origin, cancellation: first) { () throws(S3Error) in
                let fetch = try makeFetch()
                send(fetch)
                return fetch
            } accept: { response throws(StoreFailure) in
                try win(.first, response)
            }
        } catch { firstFailed(error) }
        stopTimer()
        while isSecondUnderWay { await change.wait() }
        if winner == nil, cancellation.isCancelled { throw .cancelled }
        if let failure { throw failure }
    }

    /// The first copy is about to be sent; again when a kept connection turned out to be closed.
    private func send(_ fetch: ObjectFetch) {
        self.fetch = fetch
        sentAt = shared.loop.now()
        stopTimer()
        guard !hasSecond, let delay = state.hedgeDelayNanoseconds else { return }
        timer = shared.loop.schedule(at: sentAt + delay) { [self] in
            timer = nil
            hedge()
        }
    }

    private func stopTimer() {
        if let timer { shared.loop.cancel(timer) }
        timer = nil
    }

    /// Sends the second copy, if the budget has one for it.
    private func hedge() {
        // It would wait behind requests that nobody has answered either, and others behind it.
        guard let fetch, winner == nil, !second.isCancelled, shared.pool.hasFreeTurn(for: origin),
            state.takeHedge()
        else { return }
        metrics.hedges.add()
        (hasSecond, isSecondUnderWay) = (true, true)
        shared.loop.spawn { [self] in
            do throws(StoreFailure) {
                try await shared.pool.perform(to: origin, cancellation: second) {
                    fetch
                } accept: { response throws(StoreFailure) in
                    try win(.second, response)
                }
            } catch {
                secondFailure = error
                if error.isVerdict { first.cancel() }
            }
            isSecondUnderWay = false
            change.wake()
        }
    }

    /// Gives the target to the copy whose answer is the first to begin, and cancels the other.
    private func win(_ copy: Copy, _ response: ResponseInfo) throws(StoreFailure) -> RangeTarget {
        let (own, other) = copy == .first ? (first, second) : (second, first)
        // What is cancelled may be past the point where it notices.
        guard !own.isCancelled, let target else { throw .cancelled }
        self.target = nil
        winner = copy
        other.cancel()
        stopTimer()
        if copy == .second { metrics.hedgesWon.add() }
        // Of the first copy, whichever has won: it has taken at least as long.
        if firstFailure == nil { state.observeFirstByte(nanoseconds: shared.loop.now() - sentAt) }
        if let objection = target.objection(to: response) { throw .store(objection) }
        return target
    }

    private func firstFailed(_ failure: StoreFailure) {
        firstFailure = failure
        if failure.isVerdict { second.cancel() }
        if winner == nil, fetch != nil, case .timedOut = failure {
            state.observeFirstByte(nanoseconds: shared.loop.now() - sentAt)
        }
    }

    /// Why the request has failed; nil when it has not.
    ///
    /// When neither copy was accepted, a verdict counts, whichever copy was told. Else it is the first copy's failure, which
    /// is what would have happened without the second.
    private var failure: StoreFailure? {
        switch winner {
        case .first: firstFailure
        case .second: secondFailure
        case nil where firstFailure?.isVerdict != true && secondFailure?.isVerdict == true: secondFailure
        case nil: firstFailure
        }
    }
}
