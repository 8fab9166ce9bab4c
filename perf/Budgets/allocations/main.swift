import CAllocations
import Glibc
import Samples

// How often does decoding ask the allocator? One line of JSON a column: requests per file, per batch, per page and per
// value, once everything that is kept is there.
//
//   allocations [--only TEXT]

let only = CommandLine.arguments.firstIndex(of: "--only").map { CommandLine.arguments[$0 + 1] }

func rounded(_ number: Double) -> Double { (number * 1e4).rounded() / 1e4 }

do {
    for sample in Sample.all where only.map(sample.name.contains) ?? true {
        let counts = try Counts(sample, rows: 8192)
        print(
            "{\"column\": \"\(sample.name)\", \"file\": \(rounded(counts.perFile)), \"batch\": \(rounded(counts.perBatch)),",
            "\"page\": \(rounded(counts.perPage)), \"value\": \(rounded(counts.perValue))}")
    }
} catch {
    print("error: \(error)")
    exit(1)
}
