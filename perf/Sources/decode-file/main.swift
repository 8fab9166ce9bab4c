import Bytes
import Glibc
import Measuring

// Decodes Parquet files that lie in memory, on one thread, again and again, and says what that costs.
//
//   decode-file [--rounds N] [--columns a,b] [--sums] [--json] FILE...
//
// The body of each batch goes back to the pool at once, as if it had been sent; the check value is computed in rounds
// that are not timed.

struct Options {
    var rounds = 5
    var columns: [String]?
    var showsSums = false
    var showsJSON = false
    var files: [ParquetFile] = []

    init(_ arguments: some Sequence<String>) {
        var arguments = arguments.makeIterator()
        while let argument = arguments.next() {
            switch argument {
            case "--rounds": rounds = Int(arguments.next() ?? "") ?? 5
            case "--columns": columns = arguments.next()?.split(separator: ",").map(String.init)
            case "--sums": showsSums = true
            case "--json": showsJSON = true
            default: files.append(ParquetFile(path: argument))
            }
        }
    }
}

/// What a round that is not timed finds.
struct Checked {
    var rows = 0
    var bytes = 0
    var batches = 0
    var steps = 0
    var largestStep = 0.0
    var fold = Fold()
    var bits = ValueBits()

    init(_ options: Options, _ pool: BlockPool) throws {
        for file in options.files {
            let plan = try file.plan(columns: options.columns)
            try file.decode(plan, pool: pool) { step in
                let start = cpuSeconds()
                defer { largestStep = max(largestStep, cpuSeconds() - start) }
                steps += 1
                return try step()
            } use: { batch in
                rows += batch.rowCount
                bytes += batch.bodyByteCount
                batches += 1
                fold.add(batch)
                bits.add(batch, plan.schema)
            }
        }
    }
}

func showSums(_ options: Options, _ pool: BlockPool) throws {
    var sums = ColumnSums()
    for file in options.files {
        let plan = try file.plan(columns: options.columns)
        try file.decode(plan, pool: pool) { sums.add($0, plan.schema) }
    }
    sums.show()
}

func measure(_ options: Options, _ pool: BlockPool) throws {
    // Twice, so that the longest step is not the one that first touches its memory.
    _ = try Checked(options, pool)
    let checked = try Checked(options, pool)
    let times = try (0..<options.rounds).map { _ in
        let start = cpuSeconds()
        for file in options.files {
            try file.decode(try file.plan(columns: options.columns), pool: pool) { _ in }
        }
        return cpuSeconds() - start
    }
    if options.showsJSON {
        print("{\"rows\": \(checked.rows), \"value_bits\": \(checked.bits.count), \"cpu\": \(times)}")
        return
    }
    let megabytes = checked.bytes / 1_000_000
    print("rows \(checked.rows)  batches \(checked.batches)  steps \(checked.steps)  Arrow MB \(megabytes)")
    print("CPU seconds: min \(times.min() ?? 0)  median \(times.median)  rounds \(options.rounds)")
    print("longest step us: \(Int(checked.largestStep * 1e6))  pool peak MB: \(pool.largestLentByteCount / 1_000_000)")
    print("check \(String(checked.fold.value, radix: 16))")
}

do {
    let options = Options(CommandLine.arguments.dropFirst())
    let pool = BlockPool(idleLimitByteCount: 256 << 20)
    try options.showsSums ? showSums(options, pool) : measure(options, pool)
} catch {
    print("error: \(error)")
    exit(1)
}
