import Synchronization

/// The memory that all work of the process may hold at once.
///
/// Each piece of work has an account with a guaranteed sum; it counts at least as that, and as what it holds when that is
/// more. Guarantees are given only as far as the budget reaches, in the order they were asked for. What goes beyond a
/// guarantee is asked for first, and granted while nobody waits and a share is left for guarantees to come.
///
/// - Ownership: shared by all cores; one lock, taken once for each block.
public final class MemoryBudget: Sendable {
    fileprivate struct Waiter {
        let account: MemoryAccount
        let guarantee: Int
        let granted: @Sendable () -> Void
    }

    fileprivate struct State {
        /// The sum over all accounts of what each counts as.
        var committedByteCount = 0
        var largestCommittedByteCount = 0
        var returnCount = 0
        /// First come, first served.
        var waiters: [Waiter] = []
    }

    /// Most that is committed.
    public let limitByteCount: Int
    /// What only guarantees may use.
    private let reservedByteCount: Int
    fileprivate let state = Mutex(State())

    public init(limitByteCount: Int) {
        precondition(limitByteCount > 0)
        self.limitByteCount = limitByteCount
        reservedByteCount = limitByteCount / 4
    }

    /// An account without a guarantee.
    public func openAccount() -> MemoryAccount { MemoryAccount(budget: self) }

    /// What all accounts together count as.
    public var committedByteCount: Int { state.withLock { $0.committedByteCount } }

    /// The most that ``committedByteCount`` ever was.
    public var largestCommittedByteCount: Int { state.withLock { $0.largestCommittedByteCount } }

    /// Blocks that were given back so far; while it grows, somebody gets on.
    public var returnCount: Int { state.withLock { $0.returnCount } }

    /// Accounts that wait for their guarantee.
    public var waitingCount: Int { state.withLock { $0.waiters.count } }

    /// Whether `byteCount` more may be used beyond guarantees.
    fileprivate func hasRoom(_ byteCount: Int, _ state: borrowing State) -> Bool {
        state.waiters.isEmpty && state.committedByteCount + byteCount <= limitByteCount - reservedByteCount
    }
}

/// What one piece of work holds and was promised.
public final class MemoryAccount: Sendable {
    /// How a request for a guarantee was answered.
    public enum Answer: Sendable {
        case granted
        /// The closure will be called once it is granted.
        case waits
        /// More than the budget has.
        case neverFits
    }

    private struct Holding {
        var guarantee = 0
        var heldByteCount = 0
        var expectedByteCount = 0

        /// What the account counts as.
        var committedByteCount: Int { max(guarantee, heldByteCount + expectedByteCount) }
    }

    private let budget: MemoryBudget
    private let holding = Mutex(Holding())

    fileprivate init(budget: MemoryBudget) {
        self.budget = budget
    }

    /// Bytes of blocks on this account.
    public var heldByteCount: Int { holding.withLock { $0.heldByteCount } }

    /// Asks for a guarantee of at least `byteCount` in all.
    ///
    /// - Parameter granted: called from whichever core gave memory back, after ``Answer/waits``; not after ``close()``.
    public func guarantee(_ byteCount: Int, granted: @escaping @Sendable () -> Void) -> Answer {
        guard byteCount <= budget.limitByteCount else { return .neverFits }
        return budget.state.withLock { state in
            let present = holding.withLock { $0.guarantee }
            guard byteCount > present else { return .granted }
            let waiter = MemoryBudget.Waiter(account: self, guarantee: byteCount, granted: granted)
            if state.waiters.isEmpty || present > 0, grant(waiter, &state) { return .granted }
            // Whoever has a share already keeps others waiting until it has the rest.
            state.waiters.insert(waiter, at: present > 0 ? 0 : state.waiters.count)
            return .waits
        }
    }

    /// Gives up a wait.
    public func stopWaiting() {
        settle { state in state.waiters.removeAll { $0.account === self } }
    }

    /// Ends guarantee and wait; what is still held counts until it is given back.
    public func close() {
        settle { state in
            state.waiters.removeAll { $0.account === self }
            change(&state) {
                $0.guarantee = 0
                $0.expectedByteCount = 0
            }
        }
    }

    /// Announces blocks that will be taken soon, if there is room for them.
    ///
    /// - Parameter isNeeded: the work cannot go on without them, so they are granted whatever the budget says.
    /// - Returns: whether they may be taken, from a pool that takes what is expected.
    public func expect(_ byteCount: Int, isNeeded: Bool) -> Bool {
        budget.state.withLock { state in
            let growth = holding.withLock {
                max($0.guarantee, $0.heldByteCount + $0.expectedByteCount + byteCount) - $0.committedByteCount
            }
            guard isNeeded || growth == 0 || budget.hasRoom(growth, state) else { return false }
            change(&state) { $0.expectedByteCount += byteCount }
            return true
        }
    }

    /// Takes an announcement back: the blocks will not be taken.
    public func forget(_ byteCount: Int) {
        settle { state in
            change(&state) { $0.expectedByteCount = max(0, $0.expectedByteCount - byteCount) }
        }
    }

    /// - Parameter expectedByteCount: how much of it was announced.
    func take(_ byteCount: Int, expectedByteCount: Int) {
        budget.state.withLock { state in
            change(&state) {
                $0.heldByteCount += byteCount
                $0.expectedByteCount = max(0, $0.expectedByteCount - expectedByteCount)
            }
        }
    }

    func giveBack(_ byteCount: Int) {
        settle { state in
            state.returnCount += 1
            change(&state) { $0.heldByteCount -= byteCount }
        }
    }

    // MARK: Under the budget's lock

    private func change(_ state: inout MemoryBudget.State, _ body: (inout Holding) -> Void) {
        let growth = holding.withLock { holding in
            let before = holding.committedByteCount
            body(&holding)
            return holding.committedByteCount - before
        }
        state.committedByteCount += growth
        state.largestCommittedByteCount = max(state.largestCommittedByteCount, state.committedByteCount)
    }

    private func grant(_ waiter: MemoryBudget.Waiter, _ state: inout MemoryBudget.State) -> Bool {
        let growth = waiter.account.holding.withLock {
            max($0.guarantee, waiter.guarantee, $0.heldByteCount + $0.expectedByteCount) - $0.committedByteCount
        }
        guard state.committedByteCount + growth <= budget.limitByteCount else { return false }
        waiter.account.change(&state) { $0.guarantee = max($0.guarantee, waiter.guarantee) }
        return true
    }

    /// Changes something that may make room, and serves those who waited for it.
    private func settle(_ body: (inout MemoryBudget.State) -> Void) {
        let granted = budget.state.withLock { state -> [@Sendable () -> Void] in
            body(&state)
            var granted: [@Sendable () -> Void] = []
            while let first = state.waiters.first, grant(first, &state) {
                granted.append(first.granted)
                state.waiters.removeFirst()
            }
            return granted
        }
        for tell in granted { tell() }
    }
}
