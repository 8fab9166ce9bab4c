import Glibc
import Synchronization

/// The memory of one core, shared by all views of its pool: regions of address space in which blocks lie side by side.
///
/// Why not the allocator's: it maps large blocks one by one, so that none is in a large page. Dictionaries are looked up at
/// random, and with several scans at once small pages cost a tenth of a scan (ARCHITECTURE.md, "One budget").
@safe final class PooledMemory: Sendable {
    private static let regionByteCount = 64 << 20

    /// Why `@unchecked Sendable`: the memory of a region is only lent, and its map reached, under the lock.
    @safe private struct Region: @unchecked Sendable {
        let base: UnsafeMutableRawPointer
        var granules = GranuleMap(pageCount: PooledMemory.regionByteCount / GranuleMap.pageByteCount)

        func contains(_ address: UnsafeMutableRawPointer) -> Bool {
            unsafe address >= base && address < base + PooledMemory.regionByteCount
        }
    }

    private struct State: Sendable {
        var regions: [Region] = []
        var lentByteCount = 0
        var largestLentByteCount = 0
        /// Of what is lent, blocks too large for a region.
        var unpooledByteCount = 0

        mutating func lend(_ byteCount: Int) {
            lentByteCount += byteCount
            largestLentByteCount = max(largestLentByteCount, lentByteCount)
        }

        var idleByteCount: Int {
            regions.reduce(0) { $0 + $1.granules.residentPageCount } * GranuleMap.pageByteCount + unpooledByteCount
                - lentByteCount
        }

        /// Gives the highest free page back to the kernel; false when there is none.
        mutating func dropPage() -> Bool {
            for index in regions.indices.reversed() {
                guard let page = regions[index].granules.dropPage() else { continue }
                let place = unsafe regions[index].base + page * GranuleMap.pageByteCount
                let status = unsafe madvise(place, GranuleMap.pageByteCount, MADV_DONTNEED)
                precondition(status == 0, "a page of our own cannot be dropped")
                return true
            }
            return false
        }
    }

    private let idleLimitByteCount: Int
    private let busyLimitByteCount: Int
    private let state = Mutex(State())

    init(idleLimitByteCount: Int, busyLimitByteCount: Int) {
        self.idleLimitByteCount = idleLimitByteCount
        self.busyLimitByteCount = busyLimitByteCount
    }

    deinit {
        state.withLock { state in
            for region in state.regions { unsafe unmapMemory(region.base, byteCount: Self.regionByteCount) }
        }
    }

    /// What a block of at least `byteCount` bytes takes.
    static func capacity(for byteCount: Int) -> Int {
        let granuleCount = (max(byteCount, 1) + GranuleMap.granuleByteCount - 1) / GranuleMap.granuleByteCount
        return granuleCount * GranuleMap.granuleByteCount
    }

    @unsafe func take(byteCount: Int) -> (base: UnsafeMutableRawPointer, capacity: Int) {
        let capacity = Self.capacity(for: byteCount)
        guard capacity <= Self.regionByteCount else {
            state.withLock { state in
                state.lend(capacity)
                state.unpooledByteCount += capacity
            }
            return unsafe (mapMemory(byteCount: capacity), capacity)
        }
        let base: UnsafeMutableRawPointer = unsafe state.withLock { state in
            state.lend(capacity)
            let granuleCount = capacity / GranuleMap.granuleByteCount
            for index in state.regions.indices {
                guard let granule = state.regions[index].granules.take(granuleCount) else { continue }
                return unsafe state.regions[index].base + granule * GranuleMap.granuleByteCount
            }
            var region = unsafe Region(base: mapMemory(byteCount: Self.regionByteCount))
            guard region.granules.take(granuleCount) == 0 else { preconditionFailure("a new region is not free") }
            state.regions.append(region)
            return unsafe region.base
        }
        return unsafe (base, capacity)
    }

    @unsafe func takeBack(_ base: UnsafeMutableRawPointer, capacity: Int) {
        guard capacity <= Self.regionByteCount else {
            unsafe unmapMemory(base, byteCount: capacity)
            return state.withLock { state in
                state.lentByteCount -= capacity
                state.unpooledByteCount -= capacity
            }
        }
        state.withLock { state in
            state.lentByteCount -= capacity
            guard let index = state.regions.firstIndex(where: { unsafe $0.contains(base) }) else {
                preconditionFailure("a block of another pool")
            }
            let offset = unsafe base - state.regions[index].base
            let first = offset / GranuleMap.granuleByteCount
            state.regions[index].granules.giveBack(first..<first + capacity / GranuleMap.granuleByteCount)
            // What many scans hold goes up and down by much, and fresh memory is dear. The limit falls with what is lent, so
            // each block that comes back may send more away than itself.
            let limit = max(idleLimitByteCount, min(busyLimitByteCount, state.lentByteCount / 2))
            var excess = state.idleByteCount - limit
            while excess > 0, state.dropPage() { excess -= GranuleMap.pageByteCount }
        }
    }

    var lentByteCount: Int { state.withLock { $0.lentByteCount } }
    var largestLentByteCount: Int { state.withLock { $0.largestLentByteCount } }
    var idleByteCount: Int { state.withLock { $0.idleByteCount } }
}

/// Fresh memory from the kernel, in large pages where it has them; running out of it ends the process, as everywhere in Swift.
@unsafe private func mapMemory(byteCount: Int) -> UnsafeMutableRawPointer {
    let alignment = GranuleMap.pageByteCount
    let mapped = unsafe mmap(
        nil, byteCount + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
        preconditionFailure("out of memory: \(byteCount) bytes")
    }
    let base = unsafe mapped.alignedUp(toMultipleOf: alignment)
    let end = unsafe base + byteCount
    unsafe unmapMemory(mapped, byteCount: base - mapped)
    unsafe unmapMemory(end, byteCount: mapped + byteCount + alignment - end)
    // Without large pages it is the same memory, only slower.
    _ = unsafe madvise(base, byteCount, MADV_HUGEPAGE)
    return unsafe base
}

@unsafe private func unmapMemory(_ base: UnsafeMutableRawPointer, byteCount: Int) {
    guard byteCount > 0 else { return }
    let status = unsafe munmap(base, byteCount)
    precondition(status == 0, "memory of our own cannot be unmapped")
}
