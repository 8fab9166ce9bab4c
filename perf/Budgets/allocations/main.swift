import CAllocations
import Glibc
import Samples

// How often does decoding ask the allocator? One line of JSON a column: requests per file, per batch, for each further
// column of a batch, per page and per value, once everything that is kept is there.
//
//   allocations [--only TEXT]

let only = CommandLine.arguments.firstIndex(of: "--only").map { CommandLine.arguments[$0 + 1] }

func rounded(_ number: Double) -> Double { (number * 1e4).rounded() / 1e4 }

do {
    for sample in Sample.all where only.map(sample.name.contains) ?? true {
        let counts = try Counts(sample, rows: 8192)
        let numbers = [
            ("file", counts.perFile), ("batch", counts.perBatch), ("batch column", counts.perBatchColumn),
            ("page", counts.perPage), ("value", counts.perValue),
        ]
        let fields = numbers.map { "\"\($0)\": \(rounded($1))" }.joined(separator: ", ")
        print("{\"name\": \"\(sample.name)\", \(fields)}")
    }
} catch {
    print("error: \(error)")
    exit(1)
}
