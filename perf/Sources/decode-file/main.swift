import Arrow
import Bytes
import Glibc
import Parquet

// Decodes Parquet files that lie in memory, on one thread, again and again, and says what that costs.
//
//   decode-file [--rounds N] [--columns a,b] [--sums] FILE...
//
// The body of each batch goes back to the pool at once, as if it had been sent; the check value is computed in one extra
// round that is not timed.

struct Input {
    let slice: Slice
}

func readFile(_ path: String) -> Input {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { fatalError("cannot open \(path)") }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    let block = Block.allocate(capacity: max(size, 1))
    var done = 0
    while done < size {
        let count = pread(descriptor, block.base + done, size - done, off_t(done))
        guard count > 0 else { fatalError("cannot read \(path)") }
        done += count
    }
    return Input(slice: block.slice(0, count: size))
}

func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

struct Totals {
    var rows = 0
    var bytes = 0
    var batches = 0
    var steps = 0
    var largestStep = 0.0
    var check: UInt64 = 0xcbf2_9ce4_8422_2325
}

func decode(
    _ file: Input, columns names: [String]?, pool: BlockPool, checks: Bool,
    sums: UnsafeMutablePointer<ColumnSums>? = nil, into totals: inout Totals
) throws {
    let size = UInt64(file.slice.count)
    let tail = file.slice.extracting(file.slice.count - 8..<file.slice.count)
    let range = try Footer.metadataRange(tail: tail.bytes, objectByteCount: size)
    let footer = file.slice.extracting(Int(range.offset)..<Int(range.end))
    let metadata = try FileMetadata(parsing: footer.bytes, objectByteCount: size)
    let columns = metadata.columns.indices.filter { names?.contains(metadata.columns[$0].name) ?? true }
    let plan = try ScanPlan(metadata: metadata, columns: columns, rowGroups: Array(metadata.rowGroups.indices))
    let scan = Scan(plan: plan, pool: pool)
    while true {
        let start = checks ? cpuSeconds() : 0
        let step = try scan.step()
        if checks { totals.largestStep = max(totals.largestStep, cpuSeconds() - start) }
        totals.steps += 1
        switch step {
        case .needs(let part):
            let range = plan.parts[part]
            scan.supply(part: part, bytes: file.slice.extracting(Int(range.offset)..<Int(range.end)))
        case .working: continue
        case .produced(let batch):
            totals.rows += batch.rowCount
            totals.bytes += batch.bodyByteCount
            totals.batches += 1
            sums?.pointee.add(batch, plan.schema)
            if checks {
                for slice in batch.body {
                    let words = UnsafeRawBufferPointer(start: slice.base, count: slice.count & -8)
                        .assumingMemoryBound(to: UInt64.self)
                    for word in words { totals.check = (totals.check ^ word) &* 0x100_0000_01b3 }
                }
            }
        case .finished: return
        }
    }
}

func run() throws {
    var rounds = 5
    var names: [String]?
    var showsSums = false
    var paths: [String] = []
    var arguments = CommandLine.arguments.dropFirst().makeIterator()
    while let argument = arguments.next() {
        switch argument {
        case "--rounds": rounds = Int(arguments.next() ?? "") ?? 5
        case "--columns": names = arguments.next()?.split(separator: ",").map(String.init)
        case "--sums": showsSums = true
        default: paths.append(argument)
        }
    }
    let files = paths.map(readFile)
    let pool = BlockPool(idleLimitByteCount: 256 << 20)
    if showsSums {
        var sums = ColumnSums()
        var totals = Totals()
        for file in files { try decode(file, columns: names, pool: pool, checks: false, sums: &sums, into: &totals) }
        sums.show()
        return
    }
    var checked = Totals()
    // Twice, so that the longest step is not the one that first touches its memory.
    for _ in 0..<2 {
        checked = Totals()
        for file in files { try decode(file, columns: names, pool: pool, checks: true, into: &checked) }
    }
    var times: [Double] = []
    for _ in 0..<rounds {
        var totals = Totals()
        let start = cpuSeconds()
        for file in files { try decode(file, columns: names, pool: pool, checks: false, into: &totals) }
        times.append(cpuSeconds() - start)
    }
    times.sort()
    let megabytes = checked.bytes / 1_000_000
    print("rows \(checked.rows)  batches \(checked.batches)  steps \(checked.steps)  Arrow MB \(megabytes)")
    print(
        "CPU seconds: min \(times.first ?? 0)  median \(times.isEmpty ? 0 : times[times.count / 2])  rounds \(rounds)")
    print("longest step us: \(Int(checked.largestStep * 1e6))  pool peak MB: \(pool.largestLentByteCount / 1_000_000)")
    print("check \(String(checked.check, radix: 16))")
}

do { try run() } catch { print("error: \(error)"); exit(1) }
