import Bytes
import CKernels

/// Gives null fixed-size lists the elements that Arrow wants them to have.
///
/// In the levels a null list is one entry, in Arrow it has as many slots as any other list. So entries are added, marked
/// as holes of their list; whatever lies below sees a slot there that is null.
struct FixedSizePadding {
    /// A fixed-size list above the leaf.
    struct List {
        let size: Int
        /// Levels of the list's own slots.
        let slotRepetition: Int
        let slotDefinition: Int
        let validDefinition: Int
        /// Holes of the lists from here up to this one's parent are slots of this list.
        let firstHole: Int
    }

    /// Outermost first.
    private let lists: [List]
    private let scan: ScanResources
    private let entryLimit: Int

    init(_ lists: [List], scan: ScanResources) {
        self.lists = lists
        self.scan = scan
        entryLimit = 8 * scan.options.messageLimitByteCount
    }

    /// Whether a list may be null; an entry of that depth may also stand for something further up.
    func isNeeded(_ entries: Entries) -> Bool {
        for list in lists {
            for depth in list.slotDefinition..<list.validDefinition {
                let count = unsafe ck_count_value(entries.definition.address, entries.count, UInt8(depth))
                if count > 0 { return true }
            }
        }
        return false
    }

    /// - Throws: when a list that is not null has another size.
    func pad(_ entries: Entries) throws(Defect) -> Entries {
        var current = entries
        for (position, list) in lists.enumerated() { current = try pad(current, list, ordinal: UInt8(position + 1)) }
        return current
    }

    private func pad(_ entries: Entries, _ list: List, ordinal: UInt8) throws(Defect) -> Entries {
        var repetition: [UInt8] = []
        var definition: [UInt8] = []
        var holes: [UInt8] = []
        let count = entries.count
        repetition.reserveCapacity(count)
        definition.reserveCapacity(count)
        holes.reserveCapacity(count)
        // Elements that the open list still lacks; nil outside.
        var missing: Int?
        for index in 0..<count {
            let level = entries.repetition.byte(index)
            let depth = entries.definition.byte(index)
            let hole = entries.holes?.byte(index) ?? 0
            if Int(level) <= list.slotRepetition {
                guard missing ?? 0 == 0 else { throw wrongSize(list) }
                missing = nil
                let isHoleSlot = Int(hole) >= list.firstHole && hole != 0 && hole < ordinal
                if isHoleSlot || Int(depth) >= list.slotDefinition && Int(depth) < list.validDefinition {
                    let copies = max(list.size, 1)
                    guard definition.count + copies <= entryLimit else {
                        throw Defect("too many elements in null lists")
                    }
                    for copy in 0..<copies {
                        repetition.append(copy == 0 ? level : UInt8(list.slotRepetition + 1))
                        definition.append(depth)
                        holes.append(hole != 0 || list.size == 0 ? hole : ordinal)
                    }
                    continue
                }
                if Int(depth) >= list.slotDefinition {
                    missing = Int(depth) > list.validDefinition ? list.size - 1 : list.size
                }
            } else if Int(level) == list.slotRepetition + 1 {
                missing = (missing ?? 0) - 1
            }
            repetition.append(level)
            definition.append(depth)
            holes.append(hole)
        }
        guard missing ?? 0 == 0 else { throw wrongSize(list) }
        return Entries(
            repetition: Slice(copying: repetition), definition: Slice(copying: definition),
            holes: Slice(copying: holes))
    }

    private func wrongSize(_ list: List) -> Defect {
        Defect("a list has another size than the \(list.size) of the stored Arrow schema")
    }
}

extension Slice {
    fileprivate func byte(_ index: Int) -> UInt8 { unsafe address(index, wanted: 1).pointee }
}
