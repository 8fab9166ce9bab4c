import Synchronization
import Testing

@testable import Bytes

@Suite("Memory budget")
struct MemoryBudgetTests {
    /// Counts calls from any thread.
    final class Calls: Sendable {
        private let value = Atomic(0)
        var count: Int { value.load(ordering: .relaxed) }
        func add() { value.add(1, ordering: .relaxed) }
    }

    private func granted(_ account: MemoryAccount, _ byteCount: Int) -> Bool {
        if case .granted = account.guarantee(byteCount, granted: {}) { return true }
        return false
    }

    private func waits(_ account: MemoryAccount, _ byteCount: Int, _ calls: Calls) -> Bool {
        if case .waits = account.guarantee(byteCount, granted: { calls.add() }) { return true }
        return false
    }

    @Test func anAccountCountsAsItsGuaranteeOrAsWhatItHolds() {
        let budget = MemoryBudget(limitByteCount: 1 << 20)
        let account = budget.openAccount()
        let pool = BlockPool(sharing: BlockPool(idleLimitByteCount: 1 << 20), account: account)
        #expect(granted(account, 100 << 10))
        #expect(budget.committedByteCount == 100 << 10)
        var first: Block? = pool.take(byteCount: 64 << 10)
        #expect(budget.committedByteCount == 100 << 10)
        var second: Block? = pool.take(byteCount: 64 << 10)
        #expect(account.heldByteCount == 128 << 10)
        #expect(budget.committedByteCount == 128 << 10)
        first = nil
        #expect(budget.committedByteCount == 100 << 10)
        account.close()
        #expect(budget.committedByteCount == 64 << 10)
        second = nil
        #expect(budget.committedByteCount == 0)
        #expect(budget.largestCommittedByteCount == 128 << 10)
        #expect(first == nil && second == nil)
    }

    @Test func whatCanNeverFitIsRefused() {
        let account = MemoryBudget(limitByteCount: 1000).openAccount()
        guard case .neverFits = account.guarantee(1001, granted: {}) else {
            Issue.record("1001 of 1000 bytes were promised")
            return
        }
        #expect(granted(account, 1000))
    }

    @Test func waitersAreServedInOrder() {
        let budget = MemoryBudget(limitByteCount: 1000)
        let accounts = (0..<4).map { _ in budget.openAccount() }
        let calls = (0..<4).map { _ in Calls() }
        #expect(granted(accounts[0], 900))
        #expect(waits(accounts[1], 500, calls[1]))
        // It would fit, but its turn has not come.
        #expect(waits(accounts[2], 100, calls[2]))
        #expect(waits(accounts[3], 600, calls[3]))
        #expect(budget.waitingCount == 3)
        accounts[0].close()
        #expect(calls.map(\.count) == [0, 1, 1, 0])
        #expect(budget.committedByteCount == 600)
        accounts[1].close()
        #expect(calls.map(\.count) == [0, 1, 1, 1])
        #expect(budget.committedByteCount == 700)
    }

    @Test func whoGivesUpMakesRoomForTheNext() {
        let budget = MemoryBudget(limitByteCount: 1000)
        let (holder, impatient, modest) = (budget.openAccount(), budget.openAccount(), budget.openAccount())
        let (never, later) = (Calls(), Calls())
        #expect(granted(holder, 600))
        #expect(waits(impatient, 700, never))
        #expect(waits(modest, 300, later))
        impatient.stopWaiting()
        #expect(later.count == 1)
        holder.close()
        #expect(never.count == 0)
        #expect(budget.committedByteCount == 300)
    }

    @Test func aGuaranteeGrowsByTheDifference() {
        let budget = MemoryBudget(limitByteCount: 1000)
        let account = budget.openAccount()
        #expect(granted(account, 400))
        #expect(granted(account, 300))
        #expect(budget.committedByteCount == 400)
        #expect(granted(account, 1000))
        #expect(budget.committedByteCount == 1000)
    }

    /// It would otherwise wait for those who wait for it.
    @Test func whoHasAShareIsServedFirst() {
        let budget = MemoryBudget(limitByteCount: 1000)
        let (holder, other, third) = (budget.openAccount(), budget.openAccount(), budget.openAccount())
        let (later, last) = (Calls(), Calls())
        #expect(granted(holder, 500))
        #expect(granted(third, 300))
        #expect(waits(other, 600, last))
        #expect(granted(holder, 400))
        #expect(granted(holder, 600))
        #expect(waits(holder, 800, later))
        third.close()
        #expect(later.count == 1)
        #expect(last.count == 0)
        holder.close()
        #expect(last.count == 1)
    }

    @Test func aShareIsLeftForGuarantees() {
        let budget = MemoryBudget(limitByteCount: 1000)
        let (first, second) = (budget.openAccount(), budget.openAccount())
        #expect(granted(first, 100))
        // Inside the guarantee nothing is asked.
        #expect(first.expect(100, isNeeded: false))
        #expect(first.expect(600, isNeeded: false))
        #expect(!first.expect(100, isNeeded: false))
        #expect(first.expect(100, isNeeded: true))
        #expect(budget.committedByteCount == 800)
        #expect(granted(second, 200))
        first.close()
        #expect(budget.committedByteCount == 200)
    }

    @Test func nobodyGoesBeyondAGuaranteeWhileOthersWait() {
        let budget = MemoryBudget(limitByteCount: 1000)
        let (first, second) = (budget.openAccount(), budget.openAccount())
        let calls = Calls()
        #expect(granted(first, 100))
        #expect(waits(second, 950, calls))
        #expect(!first.expect(200, isNeeded: false))
        #expect(first.expect(100, isNeeded: false))
        first.close()
        #expect(calls.count == 1)
    }

    @Test func whatWasExpectedCountsOnce() {
        let budget = MemoryBudget(limitByteCount: 1 << 20)
        let account = budget.openAccount()
        let memory = BlockPool(idleLimitByteCount: 1 << 20)
        let fetched = BlockPool(sharing: memory, account: account, takesExpected: true)
        let made = BlockPool(sharing: memory, account: account)
        #expect(account.expect(32 << 10, isNeeded: false))
        #expect(account.expect(64 << 10, isNeeded: false))
        #expect(budget.committedByteCount == 96 << 10)
        let first = fetched.take(byteCount: 32 << 10)
        #expect(budget.committedByteCount == 96 << 10)
        let other = made.take(byteCount: 16 << 10)
        #expect(budget.committedByteCount == 112 << 10)
        let second = fetched.take(byteCount: 64 << 10)
        #expect(budget.committedByteCount == 112 << 10)
        #expect(account.heldByteCount == 112 << 10)
        withExtendedLifetime([first, other, second]) {}
    }

    /// Many threads take and give back; in the end nothing is left, and the limit was kept.
    @Test func accountsAreExactOnManyThreads() async {
        let budget = MemoryBudget(limitByteCount: 8 << 20)
        let pool = BlockPool(idleLimitByteCount: 1 << 20)
        await withTaskGroup(of: Void.self) { group in
            for seed in 1...8 {
                group.addTask {
                    for round in 0..<200 {
                        let account = budget.openAccount()
                        guard case .granted = account.guarantee(512 << 10, granted: {}) else {
                            account.close()
                            continue
                        }
                        let view = BlockPool(sharing: pool, account: account)
                        let blocks = (0..<4).map { view.take(byteCount: (seed * 7919 + round * $0) % (100 << 10)) }
                        account.close()
                        withExtendedLifetime(blocks) {}
                    }
                }
            }
        }
        #expect(budget.committedByteCount == 0)
        #expect(budget.waitingCount == 0)
        #expect(budget.largestCommittedByteCount <= 8 << 20)
        #expect(pool.lentByteCount == 0)
    }

    @Test func whatIsForgottenIsNotExpectedAnyMore() {
        let budget = MemoryBudget(limitByteCount: 1000)
        let (account, other) = (budget.openAccount(), budget.openAccount())
        let calls = Calls()
        #expect(account.expect(900, isNeeded: true))
        #expect(waits(other, 500, calls))
        account.forget(200)
        #expect(budget.committedByteCount == 700)
        #expect(calls.count == 0)
        account.forget(10_000)
        #expect(calls.count == 1)
        #expect(budget.committedByteCount == 500)
    }
}
